"""The one place where a scan reads exchanges: sums by account, mark and pair of accounts.

`sums` says what they are and why merging those of different days is exact, `readings` what is read off the largest,
`views` puts both under their names into an engine, `kept` keeps sums beside the ledger, by day; `carried` looks once
more at the exchanges of accounts that were named; `motifs` is the text of two sums that a reader runs again. Whatever
is above this room reads those names and nothing else, so that a scan of all exchanges and one of kept sums are the same
code.
"""

from stillwatch.rollups.carried import CARRIED, CARRIED_BY_ACCOUNT, CARRIED_BY_USER
from stillwatch.rollups.kept import FOLDER, Taken, kept_sums
from stillwatch.rollups.motifs import continued, failover
from stillwatch.rollups.pace import PACE, PACES, paces
from stillwatch.rollups.sums import MARKS, MERGED, OF_EXCHANGES, PROFILE_COLUMNS, REACH, SKETCHED, USUAL
from stillwatch.rollups.views import merge_sums, sum_exchanges, texts_in_parts

__all__ = [
    "CARRIED",
    "CARRIED_BY_ACCOUNT",
    "CARRIED_BY_USER",
    "FOLDER",
    "MARKS",
    "MERGED",
    "OF_EXCHANGES",
    "PACE",
    "PACES",
    "PROFILE_COLUMNS",
    "REACH",
    "SKETCHED",
    "USUAL",
    "Taken",
    "continued",
    "failover",
    "kept_sums",
    "merge_sums",
    "paces",
    "sum_exchanges",
    "texts_in_parts",
]
