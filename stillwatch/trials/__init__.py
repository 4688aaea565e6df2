"""The standard set: worlds that are built, scanned and scored the same way every time, and what they gave before.

`cases.py` lists them, `run.py` runs one, `baseline.py` says whether a result is worse than the saved one,
`innocence.py` how often anybody is accused in worlds where nobody is to be.
"""

from stillwatch.trials.baseline import Baseline, Drop, drops, load_baseline, save_baseline
from stillwatch.trials.cases import EARLY_SETS, INNOCENT_SETS, SETS, Case
from stillwatch.trials.effect import Effect, effects
from stillwatch.trials.innocence import Innocence, innocence
from stillwatch.trials.run import Trial, run_case

__all__ = [
    "EARLY_SETS",
    "INNOCENT_SETS",
    "SETS",
    "Baseline",
    "Case",
    "Drop",
    "Effect",
    "Innocence",
    "Trial",
    "drops",
    "effects",
    "innocence",
    "load_baseline",
    "run_case",
    "save_baseline",
]
