"""The worlds of the standard set, as one ordered tuple each for continuous integration and for the long run.

Seeds below `REPORTING` may be looked at while thresholds are chosen; the seeds here are for reporting only. To add a
case, add its line and save the baseline anew (`stillwatch range run --save`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stillwatch.range.campaigns import LADDER as RUNGS
from stillwatch.range.cast import WorldSpec
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import scenario_named

REPORTING = 200
"""Seeds from here on are for reporting; nothing may be fitted on them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One world of a set.

    Attributes:
        name: permanent, unlike any other in the set.
        scenario, scale, innocents, rungs, dials: see `WorldSpec`.
        seed: of the world.
        cut_offs: scans at growing moments, the last of them at the end.
    """

    name: str
    scenario: str
    scale: float
    seed: int
    innocents: float | None = None
    rungs: tuple[str, ...] = ()
    dials: Mapping[str, float] = field(default_factory=dict)
    cut_offs: int = 5

    @property
    def id(self) -> str:
        """Name and seed: what a saved figure belongs to."""
        return f"{self.name}-{self.seed}"

    def spec(self) -> WorldSpec:
        """Return the world of this case."""
        return WorldSpec(
            scenario_named(self.scenario), self.scale, TextMode.SHORT, self.innocents, self.dials, self.rungs
        )


FAST = (
    Case("grader", "grader-2026-02", 0.2, 201, innocents=4.0, cut_offs=4),
    Case("letter", "letter-2026-06", 0.002, 202, innocents=3.0, cut_offs=4),
    Case("innocent", "innocent", 0.1, 203, cut_offs=1),
)
"""Minutes on two cores."""

FULL = (
    Case("grader", "grader-2026-02", 0.35, 211),
    Case("agentic", "agentic-2026-02", 0.034, 212, innocents=4.0),
    Case("pivot", "pivot-2026-02", 0.004, 213),
    Case("hydra", "hydra-2026-02", 0.01, 214),
    Case("letter", "letter-2026-06", 0.002, 215),
    Case("injected", "injected-2026-07", 0.002, 216, innocents=1.5),
    Case("replay", "replay-2026-07", 0.004, 217, innocents=5.0),
    Case("cleaner", "cleaner-2026-07", 0.075, 218, innocents=2.0),
    Case("sessions", "sessions-2026-04", 0.12, 219),
    Case("spike", "spike-2026-07", 0.3, 220),
    Case("innocent", "innocent", 0.5, 221, cut_offs=1),
    Case("crowded", "letter-2026-06", 0.002, 222, dials={"agent_prompt": 5.0, "classroom": 5.0, "hackathon": 5.0}),
)
"""Every reported campaign at about half a million exchanges, a world of innocents, and one of look-alikes."""

LADDER = (
    Case("as-reported", "grader-2026-02", 0.2, 231, innocents=4.0, cut_offs=1),
    *(Case(rung.id, "grader-2026-02", 0.2, 231, innocents=4.0, rungs=(rung.id,), cut_offs=1) for rung in RUNGS),
)
"""One campaign on every rung of the ladder, in the same world otherwise."""

SETS: Mapping[str, tuple[Case, ...]] = {"fast": FAST, "full": FULL, "ladder": LADDER}
