"""The populations of a world, as one ordered tuple.

To add one: write its function in the module of its kind, and its line here. The order is the order in which the parts
are built and has no effect on what another part looks like: each has a generator of its own, named after it.
"""

from __future__ import annotations

from stillwatch.range.campaigns import grader, letter
from stillwatch.range.lookalikes.crowds import audit_trail, hackathon, privacy_vpn
from stillwatch.range.lookalikes.one_org import (
    agent_fleet,
    aggregator,
    ci_fleet,
    corporate_gateway,
    enterprise_nat,
    inhouse_distillation,
    key_migration,
    labelling_vendor,
    nightly_batch,
    red_team,
    saas,
)
from stillwatch.range.lookalikes.shared_text import agent_prompt, classroom, drift_monitors, eval_harness
from stillwatch.range.relay import relay
from stillwatch.range.scene import Part, Scenario, Stage, conversations, crowd, part
from stillwatch.range.store import CAMPAIGN, ORDINARY, RELAY


def ordinary(stage: Stage, count: int) -> Part:
    """People who have nothing to do with each other."""
    people, voices = crowd(stage, count)
    return part(people, conversations(stage, people, voices))


def _lookalike(name: str, accounts: int, act: object, hard: str) -> Scenario:
    return Scenario(name, name, accounts, act, hard)  # type: ignore[arg-type]


SCENARIOS = (
    Scenario(
        "ordinary", ORDINARY, 1_600, ordinary, "heavy-tailed rates: some of them are busier than any campaign account"
    ),
    Scenario("letter", CAMPAIGN, 200, letter, "26 requests a day, everything of its own: only the wrapper is shared"),
    Scenario("grader", CAMPAIGN, 60, grader, "loud: in step, shared cards, sign-up burst, replayed reasoning blocks"),
    Scenario("relay", RELAY, 24, relay, "pooled access by ordinary developers: not distillation"),
    _lookalike(
        "agent_prompt", 320, agent_prompt, "one system prompt and wrapper under more accounts than any campaign"
    ),
    _lookalike("classroom", 90, classroom, "one mail domain, address, template and timetable"),
    _lookalike("hackathon", 120, hackathon, "a sharper sign-up burst than any campaign"),
    _lookalike("enterprise_nat", 80, enterprise_nat, "one card and one address for everybody"),
    _lookalike("labelling_vendor", 15, labelling_vendor, "grades by rubric all day"),
    _lookalike("saas", 40, saas, "one system prompt in every request"),
    _lookalike("aggregator", 6, aggregator, "hundreds of voices under few accounts"),
    _lookalike("eval_harness", 40, eval_harness, "the same prompts from independent owners within hours"),
    _lookalike("nightly_batch", 4, nightly_batch, "single turns of one template on a clock"),
    _lookalike("agent_fleet", 20, agent_fleet, "interchangeable accounts round the clock"),
    _lookalike("privacy_vpn", 100, privacy_vpn, "a dozen addresses for everybody"),
    _lookalike("drift_monitors", 8, drift_monitors, "the same prompts on the same clock from independent owners"),
    _lookalike("key_migration", 24, key_migration, "new accounts at full throttle"),
    _lookalike("inhouse_distillation", 10, inhouse_distillation, "distillation, declared and consented"),
    _lookalike("red_team", 8, red_team, "many variants, high refusal"),
    _lookalike("ci_fleet", 20, ci_fleet, "several accounts within seconds of each other, one template"),
    _lookalike("corporate_gateway", 70, corporate_gateway, "an impossible client tuple under every account"),
    _lookalike("audit_trail", 30, audit_trail, "asks for the reasoning behind every answer"),
)
"""Order: ordinary people, campaigns, the relay, look-alikes."""
