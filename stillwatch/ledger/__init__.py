"""The ledger: an append-only Parquet store of sketches, the only thing a scan reads.

    DIR/ledger.json                              format version, fingerprint of the key
    DIR/key                                      only if it was made here
    DIR/exchanges/day=YYYY-MM-DD/IMPORT.parquet  sketches of one source and day, by account and time
    DIR/accounts/IMPORT.parquet                  accounts of one source
    DIR/imports/IMPORT.json                      the commit of one source; what it does not name is no part
    DIR/rollups/                                 sums that a watch keeps (`stillwatch/rollups`); no part of the ledger
    DIR/staging/                                 imports under way
    DIR/lock                                     held for the moment of a commit

`store` opens, `reading` reads, `staging` prepares, `commit` adds; `docs/concepts/ledger.md` says what is promised.
"""

from stillwatch.ledger.commit import Draft, commit, sweep
from stillwatch.ledger.manifest import DataFile, Manifest, Origin, Skipped, as_skipped, as_skips
from stillwatch.ledger.reading import FORMAT, HEAD, AnyLedger, no_ledger, read_head
from stillwatch.ledger.staging import FileWriter, Spill, Staged, staging_folder
from stillwatch.ledger.store import Ledger

__all__ = [
    "FORMAT",
    "HEAD",
    "AnyLedger",
    "DataFile",
    "Draft",
    "FileWriter",
    "Ledger",
    "Manifest",
    "Origin",
    "Skipped",
    "Spill",
    "Staged",
    "as_skipped",
    "as_skips",
    "commit",
    "no_ledger",
    "read_head",
    "staging_folder",
    "sweep",
]
