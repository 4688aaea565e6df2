"""From log files to a ledger. `run` is the import on one page; the rest is how one source is prepared, and by whom.

Text lives in memory between the reader and the sketch and nowhere else, unless samples are asked for (`samples`).
"""

from stillwatch.ingest.run import ingest
from stillwatch.ingest.values import FileReport, IngestOptions, IngestReport, Progress

__all__ = ["FileReport", "IngestOptions", "IngestReport", "Progress", "ingest"]
