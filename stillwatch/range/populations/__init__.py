"""The innocent populations of a world, and the relay, as one ordered tuple.

To add one: write its function in the module of its kind, and its line here. The order has no effect on what another
population looks like: each group has generators of its own, named after it.

`load` is measured and held by a test; those that end in a person's habits are multiples of `blocks.PERSON`.
"""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.range.populations.blocks import PERSON
from stillwatch.range.populations.crowds import (
    HACKATHON_LOAD,
    KEY_MIGRATION_LOAD,
    audit_trail,
    hackathon,
    key_migration,
    privacy_vpn,
)
from stillwatch.range.populations.one_org import (
    CASE_TURNS,
    CASES,
    DOCUMENTS_READ,
    EXAMPLES,
    LABELS,
    PASSED_TALKS,
    REVIEWED,
    SHOP_TALKS,
    USER_TURNS,
    VARIANTS,
    agent_fleet,
    aggregator,
    ci_fleet,
    corporate_gateway,
    enterprise_nat,
    inhouse_distillation,
    labelling_vendor,
    nightly_batch,
    red_team,
    saas,
)
from stillwatch.range.populations.ordinary import LOAD as ORDINARY_LOAD
from stillwatch.range.populations.ordinary import ordinary
from stillwatch.range.populations.relay import LOAD as RELAY_LOAD
from stillwatch.range.populations.relay import relay
from stillwatch.range.populations.shared_text import (
    AGENT_LOAD,
    CLASS_LOAD,
    HARNESS_LOAD,
    PROBED,
    agent_prompt,
    classroom,
    drift_monitors,
    eval_harness,
)
from stillwatch.range.stage import Part, Population, Stage

_Act = Callable[[Stage, int], Part]


def _lookalike(act: _Act, hard: str, *, share: float, load: float, size: int, least: int) -> Population:
    """Return a population that is named after the function that plays it."""
    name = act.__name__
    return Population(name, name, act, share=share, load=load, size=size, least=least, hard=hard)


POPULATIONS = (
    Population(
        "ordinary", "ordinary", ordinary, share=0.62, load=ORDINARY_LOAD, size=0, least=20,
        hard="heavy-tailed rates: some are busier than any campaign account, round the clock, with one template",
    ),
    Population(
        "relay", "relay", relay, share=0.02, load=RELAY_LOAD, size=24, least=8,
        hard="pooled access by ordinary developers: not distillation",
    ),
    _lookalike(
        agent_prompt, "one system prompt and wrapper under more accounts than any campaign",
        share=0.08, load=AGENT_LOAD, size=0, least=12,
    ),
    _lookalike(
        classroom, "one mail domain, address, template and timetable", share=0.02, load=CLASS_LOAD, size=60, least=8
    ),
    _lookalike(
        hackathon, "a sharper sign-up burst than any campaign", share=0.015, load=HACKATHON_LOAD, size=120, least=12
    ),
    _lookalike(
        enterprise_nat, "one card and one address for everybody; threads that go on under a colleague's account",
        share=0.03, load=PERSON, size=80, least=6,
    ),
    _lookalike(labelling_vendor, "grades by rubric all day", share=0.015, load=LABELS, size=15, least=2),
    _lookalike(saas, "one system prompt in every request", share=0.03, load=SHOP_TALKS * USER_TURNS, size=40, least=3),
    _lookalike(
        aggregator, "hundreds of voices under few accounts; half of the accounts pass on whose they are",
        share=0.02, load=PASSED_TALKS * USER_TURNS, size=6, least=2,
    ),
    _lookalike(
        eval_harness, "the same prompts from independent owners within hours of a release",
        share=0.015, load=HARNESS_LOAD, size=40, least=4,
    ),
    _lookalike(
        nightly_batch, "single turns of one template on a clock", share=0.02, load=DOCUMENTS_READ, size=4, least=1
    ),
    _lookalike(
        agent_fleet, "interchangeable accounts round the clock", share=0.02, load=CASES * CASE_TURNS, size=20, least=2
    ),
    _lookalike(privacy_vpn, "a dozen addresses for everybody", share=0.02, load=PERSON, size=0, least=12),
    _lookalike(
        drift_monitors, "the same prompts on the same clock from independent owners",
        share=0.005, load=PROBED, size=8, least=2,
    ),
    _lookalike(
        key_migration, "new accounts at full throttle, some on the day of a common deadline",
        share=0.01, load=KEY_MIGRATION_LOAD, size=24, least=2,
    ),
    _lookalike(
        inhouse_distillation, "distillation, declared and consented", share=0.01, load=EXAMPLES, size=10, least=2
    ),
    _lookalike(red_team, "many variants of few attacks, high refusal", share=0.005, load=VARIANTS, size=8, least=2),
    _lookalike(
        ci_fleet, "several accounts within seconds of each other, one template, often the same text",
        share=0.015, load=REVIEWED, size=20, least=3,
    ),
    _lookalike(
        corporate_gateway, "a client tuple that no real client has, under every account",
        share=0.02, load=PERSON, size=70, least=6,
    ),
    _lookalike(
        audit_trail, "asks for the reasoning behind every answer", share=0.01, load=PERSON, size=30, least=3
    ),
)  # fmt: skip
"""Order: ordinary people, the relay, look-alikes."""
