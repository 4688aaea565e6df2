"""Prompts of others instead of sentences of our own: tables, and who asks which row.

A table is any Parquet, CSV or JSON Lines file with a prompt and a family column. Rows of one family (and data set)
stand for one interest: people have favourites among families as they have among topics.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from stillwatch.arrays import F64, I64
from stillwatch.errors import NothingUsable
from stillwatch.range.draw import U64, Ints, below, key, unit

POPULAR = 0.3
"""Share of what people ask that goes to rows by rank (the first twice as often as the second), the rest to any row."""
_ROW, _POPULAR, _RANK = (key(0, "prompts", salt) for salt in range(3))
_READERS = {".parquet": pq.read_table, ".jsonl": pa_json.read_json, ".ndjson": pa_json.read_json}


@dataclass(frozen=True, slots=True)
class PromptTable:
    """Prompts, those of a family together.

    Attributes:
        source: name of the file.
        digest: of its prompts and families as they were read, before anything was held out.
        held_out: families and data sets that were left out.
        texts: the prompts.
        families: names, with the data set before the family where there is one.
        bounds: family `i` is `texts[bounds[i]:bounds[i + 1]]`.
        blank: rows that were left out because they hold no text.
    """

    source: str
    digest: str
    held_out: tuple[str, ...]
    texts: pa.Array
    families: tuple[str, ...]
    bounds: I64
    blank: int

    @property
    def weights(self) -> F64:
        """How many people like each family: as the square root of its size, so that small ones are heard of."""
        return np.sqrt(np.diff(self.bounds).astype(np.float64))

    def described(self) -> dict[str, object]:
        """Return what a world built with this table says of it, as JSON values."""
        sizes = np.diff(self.bounds).tolist()
        return {
            "file": self.source,
            "digest": self.digest,
            "held_out": list(self.held_out),
            "families": dict(zip(self.families, sizes, strict=True)),
            "blank": self.blank,
        }


@dataclass(frozen=True, slots=True)
class Prompts:
    """The tables that take the place of our own sentences, for recipes whose `prompts` name them; None for neither."""

    campaign: PromptTable | None = None
    people: PromptTable | None = None

    def described(self) -> dict[str, object]:
        """Return what a world built with these tables says of them, as JSON values."""
        tables = {"campaign": self.campaign, "people": self.people}
        return {name: None if table is None else table.described() for name, table in tables.items()}


def read_prompts(campaign: Path | None, people: Path | None, *, hold_out: Sequence[str] = ()) -> Prompts:
    """Return the tables in the files `campaign` and `people`, both without what `hold_out` names.

    Raises:
        NothingUsable: as `read_table`; a name in `hold_out` must be in one of the files.
    """
    files = [file for file in (campaign, people) if file is not None]
    raw = {file: _columns(_read(file), file, prompt="prompt", family="family", dataset="dataset") for file in files}
    _check_names(hold_out, {name for table in raw.values() for name in _names(table)}, " and ".join(map(str, files)))
    tables = {file: _sorted(table, hold_out, file) for file, table in raw.items()}
    return Prompts(
        campaign=None if campaign is None else tables[campaign], people=None if people is None else tables[people]
    )


def read_table(
    file: Path,
    *,
    hold_out: Sequence[str] = (),
    prompt: str = "prompt",
    family: str = "family",
    dataset: str = "dataset",
) -> PromptTable:
    """Return the prompts of `file`.

    Args:
        file: Parquet, CSV (`.csv`) or JSON Lines (`.jsonl`, `.ndjson`).
        hold_out: families or data sets to leave out whole.
        prompt, family, dataset: names of the columns; the last may be missing.

    Raises:
        NothingUsable: the file cannot be read or is of no known kind, a column is missing, a name in `hold_out` is not
            there, or no prompt is left.
    """
    table = _columns(_read(file), file, prompt=prompt, family=family, dataset=dataset)
    _check_names(hold_out, _names(table), str(file))
    return _sorted(table, hold_out, file)


def _sorted(whole: pa.Table, hold_out: Sequence[str], file: Path) -> PromptTable:
    """Return what is left of a file as a table, family by family."""
    names = _names(whole)
    table = _without(whole, hold_out)
    filled = table.filter(pc.not_equal(pc.utf8_trim_whitespace(table["prompt"]), ""))
    if not filled.num_rows:
        raise NothingUsable("no prompts are left", where=str(file), expected="text in the column of prompts",
                            remedy="hold out less, or name another column")  # fmt: skip
    groups = _group_names(filled)
    families = pc.unique(groups).sort()
    code = pc.index_in(groups, families).to_numpy(zero_copy_only=False)
    order = np.argsort(code, kind="stable")
    return PromptTable(
        source=file.name,
        digest=_digest(whole),
        held_out=tuple(name for name in names if name in hold_out),
        texts=filled["prompt"].combine_chunks().take(pa.array(order)),
        families=tuple(families.to_pylist()),
        bounds=np.searchsorted(code[order], np.arange(len(families) + 1)).astype(np.int64),
        blank=table.num_rows - filled.num_rows,
    )


def dealt(table: PromptTable, item: Ints, number: U64, salt: int) -> I64:
    """Return the row of each request of a campaign: the item's in a shuffled order, in which every row comes once
    before any comes again, or any row by `number` where `item` is negative."""
    count = len(table.texts)
    listed = _shuffled((0, count), salt)[item % count]
    return np.where(item >= 0, listed, below(number, _ROW, count))


def asked(table: PromptTable, family: I64, number: U64, salt: int) -> I64:
    """Return the row that each person asks from a family: some are popular, and which ones the `salt` says."""
    first, size = table.bounds[family], np.diff(table.bounds)[family]
    drawn = unit(number, _RANK)
    popular = np.minimum(((size + 1.0) ** drawn).astype(np.int64) - 1, size - 1)
    rank = np.where(unit(number, _POPULAR) < POPULAR, popular, (drawn * size).astype(np.int64))
    shuffled: I64 = _shuffled(tuple(table.bounds.tolist()), salt)[first + rank]
    return shuffled


@functools.lru_cache(maxsize=32)
def _shuffled(bounds: tuple[int, ...], salt: int) -> I64:
    """Return the rows between each two of `bounds` in shuffled order."""
    rng = np.random.Generator(np.random.SFC64(salt))
    parts = [rng.permutation(np.arange(a, b)) for a, b in itertools.pairwise(bounds)]
    return np.concatenate(parts).astype(np.int64)


def _read(file: Path) -> pa.Table:
    suffix = file.suffix.lower()
    with _explained(file):
        if suffix == ".csv":
            return pa_csv.read_csv(file, parse_options=pa_csv.ParseOptions(newlines_in_values=True))
        if suffix in _READERS:
            return _READERS[suffix](file)
    raise NothingUsable(f"`{suffix or file.name}` is no kind of file that is known", where=str(file),
                        expected="`.parquet`, `.csv`, `.jsonl` or `.ndjson`",
                        remedy="convert the file, or give it the ending that fits")  # fmt: skip


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turn what goes wrong while reading `file` into an error a user can act on."""
    try:
        yield
    except FileNotFoundError as error:
        raise NothingUsable("there is no such file", where=str(file), remedy="check the path") from error
    except (OSError, pa.ArrowException) as error:
        found = f"the file cannot be read: {str(error).splitlines()[0].rstrip('.')}"
        raise NothingUsable(found, where=str(file), expected="a table with a prompt and a family in every row",
                            remedy="check that the file is whole and has the right ending") from error  # fmt: skip


def _columns(table: pa.Table, file: Path, *, prompt: str, family: str, dataset: str) -> pa.Table:
    """Return the columns `prompt`, `family` and `dataset` as text; blank where nothing stands."""
    missing = [name for name in (prompt, family) if name not in table.column_names]
    if missing:
        raise NothingUsable(
            f"no column {' and none '.join(f'`{name}`' for name in missing)}",
            where=str(file),
            expected="columns for the prompt and its family; found " + ", ".join(f"`{n}`" for n in table.column_names),
            remedy="rename the columns of the file",
        )
    sources = {"prompt": prompt, "family": family} | ({"dataset": dataset} if dataset in table.column_names else {})
    with _explained(file):
        return pa.table({name: pc.fill_null(table[source].cast(pa.string()), "") for name, source in sources.items()})


def _names(table: pa.Table) -> list[str]:
    """Return the names of the families and data sets of `table`."""
    labels = [name for name in ("family", "dataset") if name in table.column_names]
    return sorted({name for label in labels for name in pc.unique(table[label]).to_pylist()})


def _check_names(hold_out: Sequence[str], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(hold_out) - set(known))
    if unknown:
        raise NothingUsable(
            f"nothing to hold out by the name {', '.join(f'`{name}`' for name in unknown)}",
            where=where,
            expected="one of " + ", ".join(f"`{name}`" for name in sorted(known)),
            remedy="name a family or a data set of the file",
        )


def _without(table: pa.Table, hold_out: Sequence[str]) -> pa.Table:
    """Return `table` without the families and data sets named in `hold_out`."""
    held = pa.array(list(hold_out), pa.string())
    for label in table.column_names:
        if label != "prompt":
            table = table.filter(pc.invert(pc.is_in(table[label], value_set=held)))
    return table


def _digest(table: pa.Table) -> str:
    """Return a digest of all the texts of `table`."""
    digest = hashlib.blake2b(digest_size=16)
    for name in table.column_names:
        column = table[name].combine_chunks()
        digest.update(np.ascontiguousarray(pc.binary_length(column).to_numpy(zero_copy_only=False)).tobytes())
        digest.update("".join(column.to_pylist()).encode())
    return digest.hexdigest()


def _group_names(table: pa.Table) -> pa.Array:
    """Return the data set and the family of each row as one name."""
    families = table["family"].combine_chunks()
    if "dataset" not in table.column_names:
        return families
    return pc.binary_join_element_wise(table["dataset"].combine_chunks(), families, "/")
