"""Campaigns played small, for the tests of this folder."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.range.accounts import Accounts
from stillwatch.range.campaigns import DEMONSTRATION, REPORTED, Campaign, evaded, play, scaled
from stillwatch.range.draw import DAY, MICRO, Ints
from stillwatch.range.events import Events, joined
from stillwatch.range.stage import Part, Stage

CAMPAIGNS = {campaign.id: campaign for campaign in (*REPORTED, *DEMONSTRATION)}


@dataclass(frozen=True)
class Played:
    """A campaign, its stage, its part, and all its requests."""

    campaign: Campaign
    stage: Stage
    part: Part
    sent: Events

    @property
    def accounts(self) -> Accounts:
        return self.part.accounts

    @property
    def day(self) -> I64:
        """The day of each request."""
        return (self.sent.ts - self.stage.start) // DAY

    @property
    def harvesting(self) -> Flags:
        harvesting: Flags = self.recipe("harvest").astype(np.bool_)
        return harvesting

    @property
    def own(self) -> Flags:
        """Whether a request belongs to what was reported of the campaign."""
        besides = [tactic.name for tactic in self.campaign.tactics if tactic.besides]
        return self.harvesting & ~np.isin(self.tactic, besides)

    @property
    def tactic(self) -> np.ndarray:
        """The name of the tactic of each request, as far as a program words it."""
        names = [(*recipe.words.split("/"), "")[1] for recipe in self.part.recipes]
        return np.array(names)[self.sent.recipe]

    def recipe(self, field: str) -> Ints:
        """A number of the recipe of each request."""
        values: Ints = np.array([getattr(recipe, field) for recipe in self.part.recipes])[self.sent.recipe]
        return values

    def models(self) -> np.ndarray:
        """The weights of the models of each request, shape (requests, models)."""
        none = (0.0,) * 6
        return np.array([recipe.models or none for recipe in self.part.recipes])[self.sent.recipe]


def stage_of(campaign: Campaign, seed: int = 1) -> Stage:
    start = int(dt.datetime.fromisoformat(campaign.start).replace(tzinfo=dt.UTC).timestamp()) * MICRO
    return Stage(seed, campaign.id, start, campaign.days, start + int(campaign.days * 0.45) * DAY)


def act(campaign: Campaign, seed: int = 1) -> Played:
    """Play `campaign` as it is."""
    stage = stage_of(campaign, seed)
    part = play(campaign, stage)
    return Played(campaign, stage, part, joined(block() for block in part.blocks))


@functools.cache
def small(name: str, rungs: Sequence[str] = (), accounts: int = 0, seed: int = 1) -> Played:
    """Play the campaign `name` with so few `accounts` (its least, when 0), and on `rungs` of the ladder."""
    whole = CAMPAIGNS[name]
    scale = max(accounts, whole.least) / whole.accounts
    return act(evaded(scaled(whole, scale), rungs), seed)
