"""Unrelated people whom an event, a tool or a habit makes look alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import DAY, HOUR, addresses
from stillwatch.range.people import alike
from stillwatch.range.rhythm import converse
from stillwatch.range.scene import Part, Stage, chat, conversations, crowd, own_systems, part, wrap

_EXITS = 12
_AUDIT = (
    "For our audit file: ",
    " Set out every step of your reasoning, number the steps, and name the rule applied in each.",
)


def hackathon(stage: Stage, count: int) -> Part:
    """Everybody signs up in the same hour and works two days and nights on a project of their own."""
    rng = stage.rng
    people, voices = crowd(stage, count)
    opening = stage.start + min(4, stage.days - 2) * DAY + 15 * HOUR
    born = opening + (rng.gamma(2.0, 9.0, size=count) * 60e6).astype(np.int64)
    venue, network = people.homes[0, 0], people.networks[0, 0]
    homes, networks = people.homes.copy(), people.networks.copy()
    homes[:, 0], networks[:, 0] = venue, network
    people = alike(
        replace(people, created_at=born, homes=homes, networks=networks), program="startup", plan="free", payment_id=""
    )
    counts = rng.poisson(rng.gamma(1.5, 6.0, size=count))
    account = np.repeat(np.arange(count), counts)
    begin = born[account] + (rng.beta(1.1, 1.6, size=len(account)) * 40 * HOUR).astype(np.int64) + 60_000_000
    when = converse(rng, account, begin, people.follows)
    return part(people, chat(stage, voices, when, system=own_systems(stage, voices)))


def privacy_vpn(stage: Stage, count: int) -> Part:
    """Customers of one VPN: a dozen exit addresses in one hosting network, nothing else in common."""
    rng = stage.rng
    people, voices = crowd(stage, count)
    exits = addresses(rng, (_EXITS, 1), np.full(_EXITS, 0x2D5F))[:, 0]
    homes = exits[rng.integers(0, _EXITS, size=people.homes.shape)]
    people = replace(people, homes=homes, home_weights=np.ones_like(people.home_weights))
    people = alike(people, networks=4_200_111_111)
    return part(people, conversations(stage, people, voices))


def audit_trail(stage: Stage, count: int) -> Part:
    """Auditors and officials who ask for the reasoning behind every answer, as their rules demand."""
    people, voices = crowd(stage, count)
    english = replace(voices, language=np.zeros(count, dtype=np.int64))
    sent = conversations(stage, people, english)
    wanted = pa.array((sent.turn == 1) & (stage.rng.random(len(sent)) < 0.8))
    text = pc.if_else(wanted, wrap(_AUDIT[0], sent.text, _AUDIT[1]), sent.text)
    return part(people, replace(sent, text=text, thinks=np.ones(len(sent), dtype=np.int64)))
