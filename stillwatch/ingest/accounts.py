"""The table of accounts on its way into the ledger: small, read whole, one commit per file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers import Intake, Source
from stillwatch.importers.own import read_record
from stillwatch.importers.source import unreadable
from stillwatch.ingest.prepare import Job, Prepared, Setup, identity
from stillwatch.ledger import Draft, FileWriter, Origin
from stillwatch.ledger.accounts import latest, without_address
from stillwatch.ledger.files import storing
from stillwatch.record import ACCOUNTS, Skips

REPEATED = "account_id repeated in its file"
READER = "accounts"


def prepare_accounts(sources: Sequence[Source], setup: Setup, *, first: int) -> list[Prepared]:
    """Read the files of accounts into drafts, numbered from `first`.

    Raises:
        StillwatchError: a file cannot be read, or has no `account_id`.
        NothingUsable: a file holds no account.
    """
    return [_prepare(source, setup, first + number) for number, source in enumerate(sources)]


def _prepare(source: Source, setup: Setup, number: int) -> Prepared:
    began = time.perf_counter()
    try:
        import_id = identity(source, (READER,))
        job = Job(number, source, READER, _size(source))
    except OSError as error:
        raise unreadable(source, error) from error
    intake = Intake(setup.key, Skips(), Skips())
    already = setup.ledger.holds(import_id)
    origin = Origin(import_id=import_id, kind="accounts", label=source.label, reader=READER, size=job.size)
    draft = None if already else _draft(origin, source, setup, number=number, intake=intake)
    return Prepared(
        job=job,
        kind="accounts",
        draft=draft,
        already=already,
        skips=intake.skips,
        notes=intake.notes,
        joined=np.empty(0, dtype=np.int64),
        rows=0,
        timings={"read": time.perf_counter() - began},
    )


def _draft(origin: Origin, source: Source, setup: Setup, *, number: int, intake: Intake) -> Draft:
    tables = [without_address(table, setup.key) for table in read_record(source, intake, ACCOUNTS)]
    accounts = latest(tables)
    if not accounts.num_rows:
        raise _nothing(source, intake.skips)
    intake.skips.add(REPEATED, source.label, sum(table.num_rows for table in tables) - accounts.num_rows)
    folder = setup.folder / f"{number:06d}"
    with storing(setup.ledger.folder):
        folder.mkdir(parents=True)
        writer = FileWriter(folder / "accounts.parquet", ACCOUNTS)
        writer.write(accounts)
        return Draft(origin, folder, (writer.close(),), intake.skips, intake.notes)


def _nothing(source: Source, skips: Skips) -> StillwatchError:
    first = next(iter(skips.counts), None)
    found = "no account in it can be used"
    return NothingUsable(
        found if first is None else f"{found}: {first}, first in {skips.first[first]}",
        where=source.label,
        expected="rows with `account_id`",
        remedy="look at the columns with `stillwatch inspect`",
    )


def _size(source: Source) -> int:
    return os.stat(source.path).st_size
