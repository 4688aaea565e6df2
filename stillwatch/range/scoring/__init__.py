"""What scans found of what a world holds: see `docs/concepts/scoring.md`.

`score` compares a truth with one or more scans of its world; `score_json` and `score_table` show the result;
`pooled_calibration` takes the groups of many worlds together.
"""

from stillwatch.range.scoring.calibration import Calibration
from stillwatch.range.scoring.figures import Figure
from stillwatch.range.scoring.groups import GroupScore
from stillwatch.range.scoring.json import read_score, score_json
from stillwatch.range.scoring.score import Score, pooled_calibration, score
from stillwatch.range.scoring.terminal import score_table

__all__ = [
    "Calibration",
    "Figure",
    "GroupScore",
    "Score",
    "pooled_calibration",
    "read_score",
    "score",
    "score_json",
    "score_table",
]
