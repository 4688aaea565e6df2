"""The worlds of the standard set: one ordered tuple each for continuous integration, for the long run, for the ladder,
and those of innocents alone.

Seeds below `REPORTING` may be looked at while thresholds are chosen; all but the practice sets have seeds for reporting
only. To add a case, add its line and save the baseline anew (`stillwatch range run --save`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, cycle

from stillwatch.range.campaigns import LADDER as RUNGS
from stillwatch.range.cast import WorldSpec
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import INNOCENT, scenario_named
from stillwatch.range.store import ORDINARY
from stillwatch.trials.shapes import SHAPES, WHOLE

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
        history: see `WorldSpec`.
        looks: hours after the first harvest at which a scan looks, ascending, instead of `cut_offs`; what came after
            the last look is not imported.
        shape: which columns are imported, a name in `SHAPES`.
    """

    name: str
    scenario: str
    scale: float
    seed: int
    innocents: float | None = None
    rungs: tuple[str, ...] = ()
    dials: Mapping[str, float] = field(default_factory=dict)
    cut_offs: int = 5
    history: int = 0
    looks: tuple[float, ...] = ()
    shape: str = WHOLE

    @property
    def id(self) -> str:
        """Name and seed: what a saved figure belongs to."""
        return f"{self.name}-{self.seed}"

    def spec(self) -> WorldSpec:
        """Return the world of this case."""
        return WorldSpec(
            scenario_named(self.scenario),
            self.scale,
            TextMode.SHORT,
            self.innocents,
            self.dials,
            self.rungs,
            history=self.history,
        )


FAST = (
    Case("grader", "grader-2026-02", 0.2, 201, innocents=4.0, cut_offs=4),
    Case("letter", "letter-2026-06", 0.002, 202, innocents=3.0, cut_offs=4),
    Case("innocent", "innocent", 0.1, 203, cut_offs=1),
)
"""Minutes on two cores."""

FULL = (
    Case("grader", "grader-2026-02", 0.35, 511),
    Case("agentic", "agentic-2026-02", 0.034, 512, innocents=4.0),
    Case("pivot", "pivot-2026-02", 0.004, 513),
    Case("hydra", "hydra-2026-02", 0.01, 514),
    Case("letter", "letter-2026-06", 0.002, 515),
    Case("injected", "injected-2026-07", 0.002, 516, innocents=1.5),
    Case("replay", "replay-2026-07", 0.004, 517, innocents=5.0),
    Case("cleaner", "cleaner-2026-07", 0.075, 518, innocents=2.0),
    Case("sessions", "sessions-2026-04", 0.12, 519),
    Case("spike", "spike-2026-07", 0.3, 520),
    Case("innocent", "innocent", 0.5, 521, cut_offs=1),
    Case("crowded", "letter-2026-06", 0.002, 522, dials={"agent_prompt": 5.0, "classroom": 5.0, "hackathon": 5.0}),
)
"""Every reported campaign at about half a million exchanges, a world of innocents, and one of look-alikes."""

_CLIMBED = (
    ("grader", "grader-2026-02", 0.2, 271, 4.0),
    ("letter", "letter-2026-06", 0.002, 272, 3.0),
    ("pivot", "pivot-2026-02", 0.003, 273, 4.0),
)
_STEPS = ("unlinked", "unlinked-paraphrased", "cover-90", "bought-accounts", "everything")


def _ladder() -> Iterator[Case]:
    """Yield the letter's campaign as reported and on every rung, and two others on a few."""
    for name, scenario, scale, seed, innocents in _CLIMBED:
        for rung in ("", *(rung.id for rung in RUNGS if name == "letter" or rung.id in _STEPS)):
            rungs = (rung,) if rung else ()
            yield Case(f"{name}-{rung or 'as-reported'}", scenario, scale, seed, innocents, rungs, cut_offs=2)


LADDER = tuple(_ladder())
"""The letter on every rung of the ladder, a loud harvest and agents on a few, each in the same world otherwise."""

_SHARES = {population.name: population.share for population in POPULATIONS}
_LOOKALIKES = tuple(name for name in _SHARES if name != ORDINARY)
"""Every population but ordinary people; the relay is one of them."""
_SCALES = (0.03, 0.05, 0.07, 0.1)
"""Of innocent worlds: 30,000 to 100,000 exchanges, which two cores build and scan in two to eight seconds."""
_CROWDED = 8.0
"""Dial of the populations of a crowded world; three of them leave ordinary people the least share they may have."""


def _most_of(name: str) -> float:
    """Return the dial at which a population has about half of the innocent exchanges, ordinary people a quarter."""
    others = 1.0 - _SHARES[ORDINARY] - _SHARES[name]
    return round(2.0 * others / _SHARES[name], 1)


def _alone(name: str, seed: int, scale: float, dials: Mapping[str, float]) -> Case:
    """Return a world of innocents alone, scanned once at its end."""
    return Case(name, INNOCENT.name, scale, seed, dials=dials, cut_offs=1)


def _innocent_worlds() -> Iterator[tuple[str, float, Mapping[str, float]]]:
    """Yield name, scale and dials of a hundred worlds: each population as the largest by far at every scale, twelve
    worlds as they come, and twelve that three populations crowd."""
    for name in _LOOKALIKES:
        for number, scale in enumerate(_SCALES, start=1):
            yield f"{name}-{number}", scale, {name: _most_of(name)}
    for number in range(12):
        scale = _SCALES[number % len(_SCALES)]
        yield f"as-they-come-{number + 1}", scale, {}
        crowd = (_LOOKALIKES[(number + step) % len(_LOOKALIKES)] for step in (0, 6, 12))
        yield f"crowded-{number + 1}", scale, dict.fromkeys(crowd, _CROWDED)


CALIBRATION = tuple(_alone(name, 2301 + n, scale, dials) for n, (name, scale, dials) in enumerate(_innocent_worlds()))
"""A hundred innocent worlds: how often anybody in one is accused, beside the rate that the scan states."""

PRACTICE = (
    _alone("as-they-come", 1, _SCALES[1], {}),
    *(_alone(name, seed, _SCALES[1], {name: _most_of(name)}) for seed, name in enumerate(_LOOKALIKES, start=2)),
)
"""The same kind of worlds on seeds that may be looked at: what to use while thresholds are chosen."""

_LOOKS = (1, 2, 4, 6, 8, 12, 16, 24, 36, 48, 72, 96, 144, 192)
"""Hours after the first harvest, each about half as much again as the one before."""


def _early(seed: int, campaign: str, scale: float, *, innocents: float | None = None, last: int, history: int) -> Case:
    """Return a campaign that begins after days of innocent traffic, with looks until `last` hours after it began."""
    looks = tuple(float(hours) for hours in _LOOKS if hours <= last)
    name = campaign.partition("-")[0]
    return Case(name, campaign, scale, seed, innocents=innocents, history=history, looks=looks)


def _early_cases(seed: int) -> tuple[Case, ...]:
    """Return every reported campaign on seeds from `seed` on; the spike has its days of innocents in its scenario."""
    return (
        _early(seed, "grader-2026-02", 0.35, last=96, history=10),
        _early(seed + 1, "agentic-2026-02", 0.034, innocents=4.0, last=96, history=10),
        _early(seed + 2, "pivot-2026-02", 0.004, last=192, history=10),
        _early(seed + 3, "hydra-2026-02", 0.01, last=96, history=10),
        _early(seed + 4, "letter-2026-06", 0.002, last=96, history=10),
        _early(seed + 5, "injected-2026-07", 0.0035, innocents=1.5, last=48, history=5),
        _early(seed + 6, "replay-2026-07", 0.004, innocents=5.0, last=96, history=10),
        _early(seed + 7, "cleaner-2026-07", 0.075, innocents=2.0, last=48, history=5),
        _early(seed + 8, "sessions-2026-04", 0.12, last=192, history=10),
        _early(seed + 9, "spike-2026-07", 0.3, last=48, history=0),
    )


EARLY = _early_cases(531)
"""How soon each reported campaign is found, and as what."""
EARLY_PRACTICE = _early_cases(161)
"""The same on seeds that may be looked at."""

_CONFUSABLE = (
    ("eval_harness", "relay"),
    ("eval_harness", "drift_monitors"),
    ("eval_harness", "hackathon"),
    ("relay", "agent_prompt"),
    ("classroom", "hackathon"),
    ("labelling_vendor", "nightly_batch"),
)
"""Populations that share their strongest signs, and crowd a world together."""
_PRACTICED = 0.3
"""Scale of the largest practice worlds: 300,000 exchanges, and groups three times as large."""


def _wide_worlds() -> Iterator[tuple[str, float, Mapping[str, float]]]:
    """Yield name, scale and dials of what the practice set has not: the smallest and the largest of its scales, pairs
    of populations, and worlds whose groups are larger than any other set's."""
    for name in _LOOKALIKES:
        for scale in (_SCALES[0], _SCALES[-1]):
            yield f"{name}-{scale:g}", scale, {name: _most_of(name)}
    for pair in _CONFUSABLE:
        yield "+".join(pair), _SCALES[-1], {name: round(_most_of(name) / 2, 1) for name in pair}
    for name in ("eval_harness", "relay", "hackathon"):
        yield f"{name}-{_PRACTICED:g}", _PRACTICED, {name: _most_of(name)}
    yield f"as-they-come-{_PRACTICED:g}", _PRACTICED, {}


PRACTICE_WIDE = tuple(_alone(name, 51 + n, scale, dials) for n, (name, scale, dials) in enumerate(_wide_worlds()))
"""More of them, where a change to detection is to be sure of: forty-eight worlds in a quarter of an hour."""

_THIN = tuple(name for name in SHAPES if name != WHOLE)


def _thin(seeds: Iterator[int]) -> tuple[Case, ...]:
    """Return the worlds of the practice set in logs of every shape but the whole one, on the seeds that come."""
    worlds = [(shape, case) for shape in _THIN for case in PRACTICE]
    return tuple(
        replace(case, name=f"{case.name}-{shape}", seed=seed, shape=shape)
        for (shape, case), seed in zip(worlds, seeds, strict=False)
    )


THIN = _thin(count(2401))
"""A hundred innocent worlds in logs that lack columns: whether anybody is accused for what a log cannot say."""
THIN_PRACTICE = _thin(cycle(range(100, 100 + len(PRACTICE))))
"""Twenty worlds in every such log, on seeds that may be looked at."""
THIN_CAMPAIGNS = tuple(
    Case(f"{name}-{shape}", scenario, scale, seed, innocents, cut_offs=2, shape=shape)
    for name, scenario, scale, seed, innocents in (
        ("grader", "grader-2026-02", 0.2, 375, 4.0),
        ("letter", "letter-2026-06", 0.002, 376, 3.0),
        ("pivot", "pivot-2026-02", 0.003, 377, 4.0),
    )
    for shape in _THIN
)
"""What such logs cost: three campaigns in the same world, but for what is imported of it."""

_MANY: tuple[tuple[str, float, Mapping[str, float]], ...] = (
    ("as-they-come", 5.0, {}),
    ("fleets", 3.0, {"ci_fleet": 6.0, "agent_fleet": 6.0, "saas": 4.0}),
    ("graders", 3.0, {"labelling_vendor": 8.0, "inhouse_distillation": 6.0, "eval_harness": 4.0}),
)
LARGE = tuple(
    replace(_alone(f"{name}-{shape}", seed, scale, dials), shape=shape)
    for seed, (name, scale, dials) in enumerate(_MANY, start=2501)
    for shape in (WHOLE, "gateway")
)
"""Millions of exchanges of up to eighty thousand accounts: what is rare in a small world is not in these, and many
companies run one program."""

SETS: Mapping[str, tuple[Case, ...]] = {
    "fast": FAST, "full": FULL, "ladder": LADDER, "calibration": CALIBRATION, "practice": PRACTICE,
    "practice-wide": PRACTICE_WIDE, "early": EARLY, "early-practice": EARLY_PRACTICE, "thin": THIN,
    "thin-practice": THIN_PRACTICE, "thin-campaigns": THIN_CAMPAIGNS, "large": LARGE,
}  # fmt: skip
PRACTICE_SETS = ("practice", "practice-wide", "early-practice", "thin-practice")
"""Sets whose seeds may be looked at."""
INNOCENT_SETS = ("calibration", "large", "practice", "practice-wide", "thin", "thin-practice")
"""Sets in which nobody is to be found: held against the rate that a scan states, not against a saved baseline."""
EARLY_SETS = ("early", "early-practice")
"""Sets that say how soon campaigns are found: shown by their alarms, and not held against a saved baseline."""
