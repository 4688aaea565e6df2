"""Where each number of the table and of the verdict comes from: derived, fitted or judged, and from what.

A number stands here beside its origin, so that one cannot be changed without the other: a test compares both.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Origin(enum.StrEnum):
    """How a number was arrived at."""

    DERIVED = "derived"
    """It follows from a formula, or from another number of this table, by the rule that is stated."""
    FITTED = "fitted"
    """It was chosen by a program to fit labelled data."""
    JUDGED = "judged"
    """A person set it, for the reason that is stated."""


@dataclass(frozen=True, slots=True)
class Stated:
    """The origin of one number.

    Attributes:
        value: the number that this speaks of, in the unit of its place.
        origin: how it was arrived at.
        why: from what and on which worlds, as a clause.
    """

    value: float
    origin: Origin
    why: str


LOOKED_AT = (
    "demo worlds of seeds 1 to 4 and 7",
    "small worlds of the same generator",
    "the real-prompts worlds of seed 1, whole and thinned",
    "worlds of the reported campaigns of seeds 31 to 183",
    "the innocent worlds of the practice sets, seeds 1 to 20 and 51 to 124",
)
"""Worlds that were looked at while numbers were judged. On them a figure is no independent measure."""

_J, _D = Origin.JUDGED, Origin.DERIVED
_WHOLE = "the cap of a whole family, with the first table and unchanged since"
_MOST = "five sixths of a family, with the first table and unchanged since"
_TWO_THIRDS = "two thirds of a family, with the first table and unchanged since"
_HALF = "half of a family, with the first table and unchanged since"
_WEAK = "below what makes a family count, with the first table and unchanged since"

ORIGINS: Mapping[str, Stated] = {
    "shared_instrument": Stated(12.0, _J, _WHOLE),
    "registration_form": Stated(8.0, _J, _TWO_THIRDS),
    "client_tuple": Stated(4.0, _J, _WEAK),
    "shared_address": Stated(4.0, _J, _WEAK),
    "even_load": Stated(8.0, _J, _TWO_THIRDS),
    "in_step": Stated(6.0, _J, "half of a family; two thirds of one until its null was mended"),
    "shared_scaffold": Stated(10.0, _J, _MOST),
    "continued_conversation": Stated(10.0, _J, _MOST),
    "failover": Stated(10.0, _J, _MOST),
    "displaced_reasoning": Stated(12.0, _J, _WHOLE),
    "signup_burst": Stated(8.0, _J, _TWO_THIRDS),
    "interchangeable": Stated(12.0, _J, _WHOLE),
    "set_apart": Stated(6.0, _J, _HALF),
    "harvest_intent": Stated(10.0, _J, f"{_MOST}; the model of classes that it reads is fitted, on other data"),
    "single_shot": Stated(6.0, _J, _HALF),
    "unread_answers": Stated(6.0, _J, "half of a family, as `single_shot`; practice worlds of seed 45 were looked at"),
    "dealt_out": Stated(6.0, _J, _HALF),
    "templated_tasks": Stated(6.0, _J, "half of a family; practice worlds of seeds 31 to 36 were looked at"),
    "appetite": Stated(
        4.0, _J, "below what a harvest needs; 5 until a relay in the demo world of seed 7 was called a harvest by it"
    ),
    "invisible_text": Stated(8.0, _J, _TWO_THIRDS),
    "one_device": Stated(8.0, _J, _TWO_THIRDS),
    "declared_organisation": Stated(96.0, _D, "eight families at the cap of a family: it explains them all"),
    "registered_program": Stated(48.0, _J, "four times the cap of a family; 15 in the first table"),
    "independent_owners": Stated(12.0, _D, "the cap of `interchangeable`, whose opposite it is"),
    "human_conversation": Stated(6.0, _J, _HALF),
    "same_list": Stated(36.0, _D, "three families at the cap of a family: it explains content, sameness and timing"),
    "FAMILY_CAP": Stated(12.0, _J, "below what a verdict needs, so that what fails together cannot convict by itself"),
    "FAMILY_COUNTS": Stated(4.4, _D, "what the calibrator gives for a p-value of 0.001"),
    "FAMILIES_NEEDED": Stated(2, _J, "what the field asks for before anybody acts: two that would not fail together"),
    "COORDINATION_NEEDED": Stated(
        14.0, _J, "an e-value of 16,384, which at most one in so many unrelated groups reaches; thought rare enough"
    ),
    "EXTRACTION_NEEDED": Stated(5.0, _J, "above what makes a family count, with the first table and unchanged since"),
    "RELAY_NEEDED": Stated(8.0, _J, "below the cap of each kind of relay: one that is plain is enough"),
    "DECEPTION_NEEDED": Stated(4.4, _J, "as much as makes a family count"),
    "false_discoveries": Stated(0.01, _J, "one false campaign in a hundred; `--false-discoveries` asks for another"),
}
"""By kind of evidence (its cap in bits), by constant of the verdict, and for the accepted rate of false discoveries."""
