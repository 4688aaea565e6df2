"""The standard set: worlds that are built, scanned and scored the same way every time, and what they gave before.

`cases.py` lists them, `run.py` runs one, `baseline.py` says whether a result is worse than the saved one.
"""

from stillwatch.trials.baseline import Baseline, Drop, drops, load_baseline, save_baseline
from stillwatch.trials.cases import SETS, Case
from stillwatch.trials.effect import Effect, effects
from stillwatch.trials.run import Trial, run_case

__all__ = [
    "SETS", "Baseline", "Case", "Drop", "Effect", "Trial", "drops", "effects", "load_baseline", "run_case",
    "save_baseline",
]  # fmt: skip
