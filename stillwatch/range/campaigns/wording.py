"""From a tactic to the recipes of its requests: wordings of a cell, paraphrases, other models."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.campaigns.operator import Campaign, Means, Tactic
from stillwatch.range.recipes import CHAT, MODELS, NEW, Recipe

WORDINGS = 240
"""Sets of wordings there are at most; with more cells than that, two far from each other have the same."""
FIRST, LATER, NEWEST, NEWEST_LATER, DECLINED, WEAKER = range(6)
"""Forms in which a tactic asks: positions in the last axis of `Script.place`."""
_FORMS = 6
_CHOICE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_FIELD = re.compile(r"\{(?:task|answer)\}")


@dataclass(frozen=True, slots=True)
class Script:
    """The recipes of a campaign.

    Attributes:
        recipes: all of them.
        place: position in `recipes`, shape (tactics, sets of wordings, forms).
        cover: position of what accounts send as cover, and what their former owners sent.
    """

    recipes: tuple[Recipe, ...]
    place: I64
    cover: int


def write_script(campaign: Campaign, name: str, cells: int) -> Script:
    """Return the recipes of `campaign`, whose accounts form `cells` cells; `name` is unlike any other in the world."""
    sets = min(cells, WORDINGS)
    found: dict[Recipe, int] = {CHAT: 0}
    place = np.zeros((len(campaign.tactics), sets, _FORMS), dtype=np.int64)
    for row, tactic in enumerate(campaign.tactics):
        for k in range(sets):
            for form, recipe in enumerate(_forms(campaign, tactic, name, k)):
                place[row, k, form] = found.setdefault(recipe, len(found))
    return Script(tuple(found), place, 0)


def worded(text: str, number: int) -> str:
    """Return `text` with each `[[a|b]]` replaced by one choice.

    0 takes the first ones. Numbers below the product of the choices give different texts, and two that follow each
    other differ in every place.
    """
    turned = 0

    def chosen(match: re.Match[str]) -> str:
        nonlocal number, turned
        choices = match[1].split("|")
        number, digit = divmod(number, len(choices))
        turned += digit
        return choices[turned % len(choices)]

    return _CHOICE.sub(chosen, text)


def _forms(campaign: Campaign, tactic: Tactic, name: str, number: int) -> list[Recipe]:
    """Return the recipes of `tactic` in the order of its forms, in the wordings of set `number`."""
    first = _dressed(tactic.recipe, tactic, campaign.means, number)
    later = first if tactic.later is None else _dressed(tactic.later, tactic, campaign.means, number)
    if not tactic.of_users:
        first = replace(first, words=f"{name}/{tactic.name}")
        later = first if tactic.later is None else replace(later, words=f"{name}/{tactic.name}/later")
    newest = tuple(float(k == NEW) for k in range(len(MODELS)))
    return [
        first,
        later,
        replace(first, models=newest) if campaign.pivot else first,
        replace(later, models=newest) if campaign.pivot else later,
        replace(first, refusal=1.0) if tactic.refused else first,
        replace(first, models=tactic.weaker) if tactic.refused else first,
    ]


def _dressed(recipe: Recipe, tactic: Tactic, means: Means, number: int) -> Recipe:
    """Return `recipe` as the operator's scaffold words it; what users word stays as it is."""
    if tactic.of_users:
        return recipe
    recipe = replace(recipe, persona=means.personas)
    if means.scaffold == "fixed":
        system = None if recipe.system is None else worded(recipe.system, number)
        return replace(recipe, templates=tuple(worded(text, number) for text in recipe.templates), system=system)
    lead = ("{wrap}",) if means.scaffold == "paraphrased" else ()
    bare = tuple(dict.fromkeys("\n\n".join((*lead, *_FIELD.findall(text))) for text in recipe.templates))
    return replace(recipe, templates=bare, system="")
