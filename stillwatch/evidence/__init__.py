"""THE table of evidence: what is tested, for which question, against which null, how much it may weigh, and why.

Every kind is one module with one function of a group and its case; its docstring is the text of `docs/evidence.md`.
Bits come from p-values by one calibrator (`nulls.bits_of`), and are then capped here. No weight or threshold of a
verdict stands anywhere else; `origins.py` says of each whether it was derived, fitted or judged, and from what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stillwatch.evidence.appetite import appetite
from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.client_tuple import client_tuple
from stillwatch.evidence.continued_conversation import continued_conversation
from stillwatch.evidence.dealt_out import dealt_out
from stillwatch.evidence.declared_organisation import declared_organisation
from stillwatch.evidence.displaced_reasoning import displaced_reasoning
from stillwatch.evidence.even_load import even_load
from stillwatch.evidence.failover import failover
from stillwatch.evidence.harvest_intent import harvest_intent
from stillwatch.evidence.human_conversation import human_conversation
from stillwatch.evidence.in_step import in_step
from stillwatch.evidence.independent_owners import independent_owners
from stillwatch.evidence.interchangeable import interchangeable
from stillwatch.evidence.invisible_text import invisible_text
from stillwatch.evidence.one_device import one_device
from stillwatch.evidence.origins import ORIGINS, Stated
from stillwatch.evidence.registered_program import registered_program
from stillwatch.evidence.registration_form import registration_form
from stillwatch.evidence.same_list import same_list
from stillwatch.evidence.set_apart import set_apart
from stillwatch.evidence.shared_address import shared_address
from stillwatch.evidence.shared_instrument import shared_instrument
from stillwatch.evidence.shared_scaffold import shared_scaffold
from stillwatch.evidence.signup_burst import signup_burst
from stillwatch.evidence.single_shot import single_shot
from stillwatch.evidence.templated_tasks import templated_tasks
from stillwatch.evidence.unread_answers import unread_answers
from stillwatch.findings import Family, Question


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    Attributes:
        kind: id: name of the module, of the function and of the section in `docs/evidence.md`.
        family: what it would fail together with.
        question: the score it counts towards; innocence counts with a minus.
        test: the function.
        cap: most bits it may count, however small its p-value.
        null: what the group is compared with, in words.
        needs: columns without which it cannot run; `a|b` means either.
        reason: what speaks for the cap, or against a larger one.
    """

    kind: str
    family: Family
    question: Question
    test: Callable[[Group, Case], Finding]
    cap: float
    null: str
    needs: tuple[str, ...]
    reason: str

    @property
    def stated(self) -> Stated:
        """Where the cap comes from."""
        return ORIGINS[self.kind]


_C, _X, _D, _I = Question.COORDINATION, Question.EXTRACTION, Question.DECEPTION, Question.INNOCENCE

EVIDENCE_TABLE: tuple[Kind, ...] = (
    Kind("shared_instrument", Family.IDENTITY, _C, shared_instrument, 12.0,
         "random accounts holding the same instruments", ("payment_id|device_id",), "costly to vary"),
    Kind("registration_form", Family.IDENTITY, _C, registration_form, 8.0,
         "members register as all others do", ("email_domain|email_shape|payment_bin",), "one mail shop serves many"),
    Kind("client_tuple", Family.INFRASTRUCTURE, _C, client_tuple, 4.0,
         "members use clients as all others do", ("user_agent|client_fp",), "a match proves nothing"),
    Kind("shared_address", Family.INFRASTRUCTURE, _C, shared_address, 4.0,
         "random accounts using the same addresses", ("ip",), "weak: never enough with its whole family"),
    Kind("even_load", Family.TIMING, _C, even_load, 8.0,
         "loads spread half as far as those of all others", ("ts",), "identical jobs are even too"),
    Kind("in_step", Family.TIMING, _C, in_step, 6.0,
         "random groups of accounts as active", ("ts",), "public events move people together"),
    Kind("shared_scaffold", Family.CONTENT, _C, shared_scaffold, 10.0,
         "members use the scaffold as others as active do", ("system_text|input_text",), "popular prompts spread"),
    Kind("continued_conversation", Family.RELAY, _C, continued_conversation, 10.0,
         "hand-offs at the rate of all others", ("prefix_hashes",), "strongest trace of a relay"),
    Kind("failover", Family.RELAY, _C, failover, 10.0,
         "hand-offs at the rate of all others", ("input_text", "status"), "no innocent reading across owners is known"),
    Kind("displaced_reasoning", Family.RELAY, _C, displaced_reasoning, 12.0,
         "hand-offs at the rate of all others", ("signatures_issued", "signatures_presented"), "nearly deterministic"),
    Kind("signup_burst", Family.LIFECYCLE, _C, signup_burst, 8.0,
         "sign-ups at the times of all others", ("created_at",), "courses and hackathons burst sharper"),
    Kind("interchangeable", Family.SAMENESS, _C, interchangeable, 12.0,
         "members half as far apart as their nearest neighbours", ("input_text|tokens_in",), "hard to fake"),
    Kind("set_apart", Family.SAMENESS, _C, set_apart, 6.0,
         "the group's profile is that of any one account", ("input_text|tokens_in",), "rare work is not a crime"),
    Kind("harvest_intent", Family.INTENT, _X, harvest_intent, 10.0,
         "members' prompts are of the classes that all others' are", ("input_text",), "classes are guessed from words"),
    Kind("single_shot", Family.INTENT, _X, single_shot, 6.0,
         "members follow up as others as active do", ("turn",), "batch jobs never follow up"),
    Kind("unread_answers", Family.INTENT, _X, unread_answers, 6.0,
         "members follow up too soon as all others do",
         ("turn", "session_id|prefix_hashes", "tokens_out", "tools"), "tests and benchmarks hold conversations too"),
    Kind("dealt_out", Family.CONTENT, _X, dealt_out, 6.0,
         "random groups of accounts as active", ("input_text",), "particular people seldom repeat each other"),
    Kind("templated_tasks", Family.CONTENT, _X, templated_tasks, 6.0,
         "members' tasks are templated as all others' are", ("input_text",), "a popular template is not theirs alone"),
    Kind("appetite", Family.INTENT, _X, appetite, 4.0,
         "members ask for what all others do", ("logprobs|choices|reasoning",),
         "a setting of one client, in all its requests: never enough alone"),
    Kind("invisible_text", Family.CONTENT, _D, invisible_text, 8.0,
         "members' texts carry what all others' do", ("input_text",), "joiners belong to some scripts"),
    Kind("one_device", Family.IDENTITY, _D, one_device, 8.0,
         "random accounts on the same devices", ("device_id",), "golden images exist"),
    Kind("declared_organisation", Family.IDENTITY, _I, declared_organisation, 96.0,
         "unrelated accounts share no organisation", ("org_id|verification",), "explains all families"),
    Kind("registered_program", Family.IDENTITY, _I, registered_program, 48.0,
         "unrelated accounts share no programme", ("program",), "explains what was agreed to"),
    Kind("independent_owners", Family.SAMENESS, _I, independent_owners, 12.0,
         "members of one pool, hardly apart at all", ("input_text|tokens_in",), "weighs like its opposite"),
    Kind("human_conversation", Family.INTENT, _I, human_conversation, 6.0,
         "a harvester, following up a quarter as often as others", ("turn",), "conversations can be replayed"),
    Kind("same_list", Family.CONTENT, _I, same_list, 36.0,
         "a harvester, asking each question through a few accounts", ("input_text",), "explains three families"),
)  # fmt: skip
"""In the order in which a reader should meet them."""

FAMILY_CAP = 12.0
"""Bits that one family may add to a score; what fails together must not convict by itself."""
FAMILY_COUNTS = 4.4
"""Bits from which a family counts as one of the two that a verdict needs; a p-value of about 0.001."""
FAMILIES_NEEDED = 2
COORDINATION_NEEDED = 14.0
"""Bits of coordination left after innocence; one false in 16,000 unrelated groups by their own reckoning."""
EXTRACTION_NEEDED = 5.0
"""Bits of extraction without which a coordinated group is not called a distillation campaign."""
RELAY_NEEDED = 8.0
"""Bits of the relay family from which coordinated accounts without a harvest are called pooled access."""
DECEPTION_NEEDED = 4.4
"""Bits of deception without which a group that neither harvests nor relays is not accused of anything."""
