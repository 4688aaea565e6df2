"""What twenty kinds of evidence say of the sample's groups; the words are near to those of the real kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence: what it says of a group where it speaks (`says`), and where it found nothing (`calm`)."""

    kind: str
    family: str
    question: str
    null: str
    says: str
    calm: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


COORDINATION, EXTRACTION, DECEPTION, INNOCENCE = "coordination", "extraction", "deception", "innocence"
KINDS = (
    Kind(
        "shared_instrument", "identity", COORDINATION, "random accounts holding the same instruments",
        "7 payment instruments or devices are shared by two or more members (61 of 300 accounts); chance allows 0.4",
        "0 payment instruments or devices are shared by two or more members; chance allows 0.4",
        {"shared_payment_id": 7, "shared_device_id": 0, "expected": 0.4, "accounts_sharing": 61},
    ),
    Kind(
        "registration_form", "identity", COORDINATION, "members register as all others do",
        "201 of 300 accounts registered with the `email_domain` `mailbox.example`, which 36 of 20,012 others have",
        "3 of 300 accounts registered with the `email_shape` `aaaa.aaaa99`, which 180 of 20,012 others have",
        {"trait": "email_domain", "value": "mailbox.example", "members_with_it": 201, "values_tried": 1_204},
    ),
    Kind(
        "client_tuple", "infrastructure", COORDINATION, "members use clients as all others do",
        "173 of 300 accounts usually call with the client `cli/2.0.14 node 18.2`, as 211 of 20,012 others do",
        "9 of 300 accounts usually call with the client `python/1.61`, as 590 of 20,012 others do",
        {"client": "cli/2.0.14 node 18.2", "members_with_it": 173, "others_with_it": 211},
    ),
    Kind(
        "shared_address", "infrastructure", COORDINATION, "random accounts using the same addresses",
        "14 addresses are used by two or more of the 300 accounts; chance allows 1.8",
        "2 addresses are used by two or more of the 300 accounts; chance allows 1.8",
        {"shared_addresses": 14, "expected": 1.8},
    ),
    Kind(
        "even_load", "timing", COORDINATION, "loads spread half as far as those of all others",
        "the load of 300 accounts varies by a factor of 1.21 around 26.0 exchanges a day; that of others by 3.74",
        "the load of 300 accounts varies by a factor of 3.60 around 11.4 exchanges a day; that of others by 3.74",
        {"accounts": 300, "typical_load": 26.0, "spread": 0.1906, "spread_of_others": 1.3191},
    ),
    Kind(
        "in_step", "timing", COORDINATION, "random groups of accounts as active",
        "the members' hourly activity varies 4.90 times as much together as it would if each kept its own time; "
        "random groups as active reach 1.12",
        "the members' hourly activity varies 1.08 times as much together as it would if each kept its own time; "
        "random groups as active reach 1.12",
        {"together": 4.9021, "together_of_others": 1.1187, "hours": 488},
    ),
    Kind(
        "shared_scaffold", "content", COORDINATION, "members use the scaffold as all others do",
        "288 of 300 accounts use one head text out of habit, and 3 of 20,012 others do",
        "4 of 300 accounts use one tail text out of habit, and 160 of 20,012 others do",
        {"kind": "head", "members_with_it": 288, "others_with_it": 3, "scaffolds_tried": 18},
    ),
    Kind(
        "continued_conversation", "relay", COORDINATION, "hand-offs at the rate of all others",
        "1,204 times a conversation went on between 96 of the 118 accounts; the rate of all others allows 0.2",
        "0 times a conversation went on between the accounts; the rate of all others allows 0.2",
        {"inside": 1_204, "accounts": 96, "expected": 0.2, "elsewhere": 11},
    ),
    Kind(
        "failover", "relay", COORDINATION, "hand-offs at the rate of all others",
        "340 times a failed body was sent again between 88 of the 118 accounts; the rate of all others allows 0.1",
        "0 times a failed body was sent again between the accounts; the rate of all others allows 0.1",
        {"inside": 340, "accounts": 88, "expected": 0.1, "elsewhere": 4},
    ),
    Kind(
        "signup_burst", "lifecycle", COORDINATION, "sign-ups at the times of all others",
        "262 of 300 accounts were made within 41 hours; chance allows 9.3",
        "12 of 300 accounts were made within 41 hours; chance allows 9.3",
        {"accounts_made": 262, "hours": 41, "expected": 9.3},
    ),
    Kind(
        "interchangeable", "sameness", COORDINATION, "members half as far apart as their nearest neighbours",
        "between 300 accounts, topics and lengths vary by 0.0007 of what they vary within one; between the most "
        "similar other accounts by 0.0312",
        "between 300 accounts, topics and lengths vary by 0.0411 of what they vary within one; between the most "
        "similar other accounts by 0.0312",
        {"accounts_compared": 300, "exchanges_compared": 81_220, "between": 0.0007, "between_neighbours": 0.0312},
    ),
    Kind(
        "harvest_intent", "intent", EXTRACTION, "members' prompts are of the classes that all others' are",
        "71 % of 163,812 prompts are of a form that makes training data, most of them reasoning elicitation; "
        "of other accounts 1.1 %",
        "1 % of the prompts are of a form that makes training data; of other accounts 1.1 %",
        {"prompts": 163_812, "harvest_prompts": 116_306, "reasoning_elicitation": 102_011, "rubric_grading": 14_295},
    ),
    Kind(
        "single_shot", "intent", EXTRACTION, "members follow up as all others do",
        "0.3 % of a member's exchanges follow up on an earlier one; 31 % of others' do",
        "34 % of a member's exchanges follow up on an earlier one; 31 % of others' do",
        {"with_turn": 163_812, "later_turns": 491},
    ),
    Kind(
        "dealt_out", "content", EXTRACTION, "random groups of accounts as active",
        "0.25 % of the members' prompts are asked by another member too; in random groups as active 3.81 % are",
        "4.02 % of the members' prompts are asked by another member too; in random groups as active 3.81 % are",
        {"overlap": 0.0025, "overlap_of_others": 0.0381, "prompts": 163_812},
    ),
    Kind(
        "invisible_text", "content", DECEPTION, "members' texts carry what all others' do",
        "18.0 % of a member's exchanges carry zero-width characters; of another account's 0.2 %",
        "0.1 % of a member's exchanges carry zero-width characters; of another account's 0.2 %",
        {"with_invisible": 29_486, "exchanges": 163_812},
    ),
    Kind(
        "one_device", "identity", DECEPTION, "random accounts on the same devices",
        "5 devices stand behind 44 accounts that registered apart; chance allows 0.1",
        "0 devices stand behind accounts that registered apart; chance allows 0.1",
        {"devices": 5, "accounts": 44, "expected": 0.1},
    ),
    Kind(
        "declared_organisation", "identity", INNOCENCE, "unrelated accounts share no organisation",
        "638 of 640 accounts belong to the declared organisation `northwind`",
        "3 of 300 accounts belong to the declared organisation `northwind`",
        {"members": 638, "accounts_of_it": 638, "organisation": "northwind"},
    ),
    Kind(
        "independent_owners", "sameness", INNOCENCE, "members of one pool, a tenth as far apart as neighbours",
        "between 118 accounts, topics and lengths vary by 0.0298 of what they vary within one; between the most "
        "similar other accounts by 0.0312",
        "between 300 accounts, topics and lengths vary by 0.0007 of what they vary within one; between the most "
        "similar other accounts by 0.0312",
        {"accounts_compared": 118, "between": 0.0298, "between_neighbours": 0.0312},
    ),
    Kind(
        "human_conversation", "intent", INNOCENCE, "a harvester, following up a quarter as often as others",
        "29.4 % of a member's exchanges follow up on an earlier one, as people's do (31.0 % among others)",
        "0.3 % of a member's exchanges follow up on an earlier one (31.0 % among others)",
        {"with_turn": 48_911, "later_turns": 14_380},
    ),
    Kind(
        "same_list", "content", INNOCENCE, "random groups of accounts as active",
        "98 % of the members' prompts are asked by another member too; in random groups as active 3.8 % are",
        "0 % of the members' prompts are asked by another member too; in random groups as active 3.8 % are",
        {"overlap": 0.9812, "overlap_of_others": 0.0381},
    ),
)  # fmt: skip
SILENT = {"registration_form": "fewer than 10 members have a known registration", "same_list": "too few prompts"}
