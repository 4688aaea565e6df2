"""How a prepared import becomes part of a ledger: all of it or nothing, once, also when two come at the same moment.

Under the ledger's lock, ids that another import brought meanwhile are dropped, the data files are moved to their
place, and the manifest is put beside them last. A process killed before that leaves files that no manifest names;
they are no part of the ledger, and the next import removes them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.arrays import Flags
from stillwatch.ledger.files import storing, sync, write_whole
from stillwatch.ledger.manifest import DataFile, Manifest, Origin, as_skipped
from stillwatch.ledger.repeats import SeenIds, ids_of
from stillwatch.ledger.staging import FileWriter, Staged
from stillwatch.ledger.store import Ledger
from stillwatch.record import Skips
from stillwatch.sketch.schema import SKETCHES

REPEATED = "exchange_id repeated in its file"
KNOWN = "exchange_id already in the ledger"


@dataclass(frozen=True, slots=True)
class Draft:
    """One source, read to its end and ready to be committed.

    Attributes:
        folder: its part of the staging folder.
        files: finished data files, by day.
        skips, notes: what was not used, and what was repaired.
    """

    origin: Origin
    folder: Path
    files: tuple[Staged, ...]
    skips: Skips
    notes: Skips


def commit(ledger: Ledger, draft: Draft, seen: SeenIds) -> Manifest | None:
    """Make `draft` part of `ledger`; return None, and change nothing, if this source was imported already.

    Args:
        ledger: the ledger.
        draft: whose files are moved.
        seen: what this process knows of the ledger's ids; brought up to date.

    Raises:
        StillwatchError: the ledger cannot be written, or a manifest in it was damaged.
    """
    with storing(ledger.folder):
        if ledger.holds(draft.origin.import_id):
            return None
        _learn(ledger, seen)
        draft = _without_known(draft, seen)
        with ledger.lock():
            if ledger.holds(draft.origin.import_id):
                return None
            if _learn(ledger, seen):
                draft = _without_known(draft, seen)
            return _publish(ledger, draft)


def sweep(ledger: Ledger) -> None:
    """Remove data files of imports that were killed in the middle of their commit.

    Raises:
        StillwatchError: they cannot be removed.
    """
    with storing(ledger.folder), ledger.lock():
        committed = set(ledger.import_ids())
        for pattern in ("exchanges/*/*.parquet", "accounts/*.parquet"):
            for path in ledger.folder.glob(pattern):
                if path.stem not in committed:
                    path.unlink()


def _learn(ledger: Ledger, seen: SeenIds) -> bool:
    """Tell `seen` of the imports it does not know; return whether there were any."""
    new = [import_id for import_id in ledger.import_ids() if import_id not in seen.imports]
    for import_id in new:
        files = ledger.manifest(import_id).files
        seen.learn(import_id, [(file.day, ledger.folder / file.path) for file in files if file.day])
    return bool(new)


def _without_known(draft: Draft, seen: SeenIds) -> Draft:
    """Return `draft` without the exchanges whose ids the ledger has; they are counted."""
    files: list[Staged] = []
    known = 0
    for file in draft.files:
        held = seen.holds(file.day, ids_of(file.path)) if file.day else np.zeros(0, np.bool_)
        known += int(held.sum())
        files += _rewritten(file, ~held) if held.any() else [file]
    skips = Skips(dict(draft.skips.counts), dict(draft.skips.first))
    skips.add(KNOWN, draft.origin.label, known)
    return replace(draft, files=tuple(files), skips=skips)


def _rewritten(file: Staged, keep: Flags) -> list[Staged]:
    """Return `file` with only the rows to keep, or nothing if there are none."""
    writer = FileWriter(file.path.with_suffix(".kept.parquet"), SKETCHES)
    done = 0
    with pq.ParquetFile(file.path) as parquet:
        for batch in parquet.iter_batches():
            mask = pa.array(keep[done : done + batch.num_rows])
            writer.write(pa.Table.from_batches([batch], SKETCHES).filter(mask))
            done += batch.num_rows
    file.path.unlink()
    return [writer.close(file.day)] if keep.any() else []


def _publish(ledger: Ledger, draft: Draft) -> Manifest:
    """Move the files of `draft` to their place and write the manifest; on an error take them away again."""
    targets = {ledger.folder / _name(file, draft.origin): file for file in draft.files}
    draft.folder.mkdir(parents=True, exist_ok=True)
    _forget({file.day for target, file in targets.items() if not target.parent.exists()}, ledger, draft.folder)
    try:
        for target, file in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file.path, target)
        manifest = _manifest(ledger, draft, targets)
        place = ledger.manifest_path(draft.origin.import_id)
        place.parent.mkdir(exist_ok=True)
        for folder in {f for target in (*targets, place) for f in (target.parent, target.parent.parent)}:
            sync(folder)
        write_whole(place, manifest.model_dump_json(indent=1) + "\n", by_way_of=draft.folder / "manifest.json")
    finally:
        if not ledger.holds(draft.origin.import_id):
            for target in targets:
                target.unlink(missing_ok=True)
    return manifest


def _forget(days: set[str], ledger: Ledger, scratch: Path) -> None:
    """Strike files of `days`, whose folders are not there, from the manifests: they were deleted."""
    for manifest in ledger.manifests() if days else ():
        kept = tuple(file for file in manifest.files if not file.day or file.day not in days)
        if kept != manifest.files:
            text = manifest.model_copy(update={"files": kept}).model_dump_json(indent=1) + "\n"
            write_whole(ledger.manifest_path(manifest.origin.import_id), text, by_way_of=scratch / "forgotten.json")


def _manifest(ledger: Ledger, draft: Draft, targets: Mapping[Path, Staged]) -> Manifest:
    files = tuple(
        DataFile(
            path=str(target.relative_to(ledger.folder)),
            day=file.day,
            rows=file.rows,
            size=target.stat().st_size,
            content=f"{file.content:016x}",
        )
        for target, file in targets.items()
    )
    skips, notes = as_skipped(draft.skips), as_skipped(draft.notes)
    return Manifest(origin=draft.origin, files=files, skips=skips, notes=notes, made_by=__version__)


def _name(file: Staged, origin: Origin) -> Path:
    if origin.kind == "accounts":
        return Path("accounts", f"{origin.import_id}.parquet")
    return Path("exchanges", f"day={file.day}", f"{origin.import_id}.parquet")
