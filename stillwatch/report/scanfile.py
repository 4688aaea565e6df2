"""`scan.json`, as values: how a scan was run, on what, and what it could not do.

Every key but `format` may be absent, and a key that is not listed here is ignored; `docs/output.md` is the contract.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from stillwatch.config import Weights
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.findings import FORMAT

SCAN_FILE = "scan.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Ledger(_Part):
    """What was scanned: `digest` names the content, `first_ts` and `last_ts` are ISO 8601 in UTC."""

    digest: str = ""
    exchanges: int | None = None
    accounts: int | None = None
    first_ts: str | None = None
    last_ts: str | None = None


class Skipped(_Part):
    """Rows not used for one reason, and the place where it was met first."""

    reason: str
    count: int
    first: str = ""


class CouldNotRun(_Part):
    """A kind of evidence that could not be had from this ledger, with the columns it lacked."""

    evidence: str
    family: str = ""
    reason: str
    columns: tuple[str, ...] = ()


class Memory(_Part):
    """Bytes: what the process might hold, what it and the largest it started held at most, and what lay on disk."""

    limit: int
    peak: int
    peak_of_children: int = 0
    spilled: int = 0


class Scan(_Part):
    """The whole of `scan.json`.

    Attributes:
        format: version of the tables beside it.
        stillwatch: version of the program.
        finished_at: ISO 8601 in UTC.
        versions: of the libraries that computed something, by name.
        parameters: what the scan was told, by name; settings that belong together are an object of their own.
        rows_read: rows of the input, used or not; None when only a ledger was read.
        proposals: how many candidate groups each proposer put forward.
        customers: how many of these were declared customers and hardly anybody else.
        timings: seconds by stage, in the order of the stages.
        memory: what was held in it; None in folders of earlier versions.
    """

    format: int
    stillwatch: str = ""
    finished_at: str = ""
    versions: dict[str, str] = {}
    parameters: dict[str, JsonValue] = {}
    ledger: Ledger = Ledger()
    rows_read: int | None = None
    skipped: tuple[Skipped, ...] = ()
    could_not_run: tuple[CouldNotRun, ...] = ()
    proposals: dict[str, int] = {}
    customers: int = 0
    timings: dict[str, float] = {}
    memory: Memory | None = None

    @property
    def weights(self) -> Weights | None:
        """The weights that a person applied; None with those of the table."""
        told = self.parameters.get("weights")
        return None if told is None else Weights.model_validate(told)

    @model_validator(mode="after")
    def _weights_are_weights(self) -> Scan:
        assert self.weights is None or self.weights.caps
        return self


def read_scan(out: Path) -> Scan:
    """Return `scan.json` of a folder.

    Raises:
        NothingUsable: the folder holds no scan.
        Refused: the scan was written in another format.
        StillwatchError: the file cannot be read or breaks its contract.
    """
    path = out / SCAN_FILE
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _no_scan(out) from None
    except OSError as error:
        raise StillwatchError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return _parsed(text, path)


def _no_scan(out: Path) -> NothingUsable:
    found = f"there is no `{SCAN_FILE}` in this folder" if out.is_dir() else "there is no such folder"
    return NothingUsable(
        found,
        where=str(out),
        expected="the folder that a scan wrote with `--out`",
        remedy="`stillwatch scan … --out DIR`",
    )


def missing_table(path: Path) -> NothingUsable:
    """Return the error that a table of a scan is not there."""
    return NothingUsable(
        "this file of the scan is missing",
        where=str(path),
        expected="all files of one scan",
        remedy="run the scan again",
    )


def broken_table(path: Path, found: str) -> StillwatchError:
    """Return the error that a table of a scan cannot be read or breaks its contract; of `found` the first line."""
    first = found.strip().splitlines()[0].rstrip(".") if found.strip() else "cannot be read"
    return StillwatchError(
        first[:1].lower() + first[1:],
        where=str(path),
        expected="the table of `docs/output.md`",
        remedy="run the scan again",
    )


def _parsed(text: bytes, path: Path) -> Scan:
    try:
        version = _Format.model_validate_json(text).format
        if version != FORMAT:
            raise _other_format(path, version)
        return Scan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise StillwatchError(
            f"`{place}`: {first['msg'].lower()}" if place else first["msg"].lower(),
            where=str(path),
            expected="the JSON object of `docs/output.md`",
            remedy="run the scan again",
        ) from error


class _Format(_Part):
    format: int


def _other_format(path: Path, version: int) -> Refused:
    remedy = "a newer stillwatch" if version > FORMAT else "run the scan again with this stillwatch"
    return Refused(f"written in format {version}", where=str(path), expected=f"format {FORMAT}", remedy=remedy)
