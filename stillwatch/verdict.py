"""From tested statements to verdicts: sums with caps, two families, and control of false discoveries.

The q-value comes from e-values, whose Benjamini-Hochberg procedure holds whatever the dependence between candidates
(Wang and Ramdas, "False discovery rate control with e-values", JRSS B 84(3), 2022, section 4). A kind that reads what
made the proposal may add to the score, but enters the q-value only after a Bonferroni correction over all groups that
it let the proposer choose.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from stillwatch.config import Weights
from stillwatch.evidence import (
    DECEPTION_NEEDED,
    EVIDENCE_TABLE,
    FAMILIES_NEEDED,
    FAMILY_CAP,
    FAMILY_COUNTS,
    RELAY_NEEDED,
    Kind,
)
from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.customers import Customers, customers
from stillwatch.evidence.same_list import beyond_a_list, own_share
from stillwatch.findings import Evidence, Family, Question, Scores, VerdictKind
from stillwatch.nulls import SMALLEST_P, bits_of
from stillwatch.weights import TODAY

_LIKENESS = frozenset({Family.CONTENT, Family.SAMENESS})
"""Families that a list which all members run makes alike."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A group with all its evidence.

    Attributes:
        free_bits: bits that enter the q-value: corrected for how the group was chosen.
    """

    group: Group
    evidence: tuple[Evidence, ...]
    scores: Scores
    free_bits: float


def test_group(group: Group, case: Case, weights: Weights) -> Tested:
    """Put a group through the whole table."""
    findings = _findings(group, case)
    counted = _within_families([(kind, _counted(kind, f.bits, f.share, weights)) for kind, f in findings])
    evidence = tuple(_evidence(kind, finding, counted[kind.kind]) for kind, finding in findings)
    return Tested(group, evidence, scores(evidence), _free(findings, group, case, weights))


def _findings(group: Group, case: Case) -> list[tuple[Kind, Finding]]:
    """Return what every kind finds, each for the share of it that counts."""
    findings = [(kind, kind.test(group, case)) for kind in EVIDENCE_TABLE]
    allowed = _Allowed(own_share(group, case), beyond_a_list(group, case), customers(group, case))
    return [(kind, allowed.of(kind, finding)) for kind, finding in findings]


@dataclass(frozen=True, slots=True)
class _Allowed:
    """How far findings on a group may count.

    Attributes:
        own: share of the questions that members do not all ask. What each of them has alone no operator needed the
            others for, so signs of a harvest count for the rest.
        beyond: share of their likeness that one list does not explain, for which likeness counts.
        several: how far they are known to be several customers, as which signs of a harvest and of a pool count.
    """

    own: float
    beyond: float
    several: Customers

    def of(self, kind: Kind, finding: Finding) -> Finding:
        """Return a finding of a kind, counting as far as it may."""
        if kind.question is Question.EXTRACTION:
            return _for(finding, self.several.share * self.own, self.several.why)
        if kind.family is Family.RELAY:
            return _for(finding, self.several.share, self.several.why)
        if kind.question is Question.COORDINATION and kind.family in _LIKENESS and self.beyond < 1.0:
            return _for(
                finding, self.beyond, f"counts for {self.beyond:.0%}: the members run one list, and so are alike"
            )
        return finding


def _for(finding: Finding, share: float, why: str) -> Finding:
    told = why and finding.p_value is not None
    statement = f"{finding.statement} ({why})" if told else finding.statement
    return dataclasses.replace(finding, share=finding.share * share, statement=statement)


def reweighed(evidence: Iterable[Evidence], weights: Weights) -> tuple[Evidence, ...]:
    """Return the evidence of a group as it counts under other weights; shares must be known, and kinds of the table."""
    kinds = {kind.kind: kind for kind in EVIDENCE_TABLE}
    items = tuple(evidence)
    bits = _within_families(
        [
            (kinds[item.kind], _counted(kinds[item.kind], bits_of(item.p_value), item.share or 0.0, weights))
            for item in items
            if item.p_value is not None
        ]
    )
    return tuple(dataclasses.replace(item, bits=round(bits.get(item.kind, 0.0), 4)) for item in items)


def _counted(kind: Kind, bits: float, share: float, weights: Weights) -> float:
    """Return the bits that a reader sees: a sign of harvest or deception that is absent says nothing.

    No harvest shows in every way in which one can. The q-value does not make this allowance.
    """
    capped = _capped(kind, bits, share, weights)
    return max(capped, 0.0) if kind.question in (Question.EXTRACTION, Question.DECEPTION) else capped


def _capped(kind: Kind, bits: float, share: float, weights: Weights) -> float:
    """Return bits within the cap of their kind; what is about a part of the group counts for that part."""
    cap = weights.caps[kind.kind]
    if kind.question is Question.INNOCENCE:
        return 0.0 - min(max(bits, 0.0), cap)
    return min(bits, cap) * (share if bits > 0 else 1.0)


def _corrected(kind: Kind, p_value: float, group: Group, case: Case) -> float:
    """Return a p-value, corrected if it speaks against the group by what the group was chosen by: times the number of
    groups of that size that could have been chosen instead."""
    if kind.kind not in group.chosen_by:
        return p_value
    choice, members = group.chosen_by[kind.kind], len(group)
    among = case.people.size if choice.among is None or choice.among < members else choice.among
    ways = special.gammaln(among + 1) - special.gammaln(members + 1) - special.gammaln(among - members + 1)
    return float(np.exp(min(0.0, np.log(max(p_value, SMALLEST_P)) + ways + np.log(choice.tries))))


def _within_families(bits: Sequence[tuple[Kind, float]]) -> dict[str, float]:
    """Scale the bits of each question and family so that a plain sum holds.

    Positive bits go down to the family's cap; those of coordination that found nothing, to the most that one of them
    takes off. What fails together is silent together: an operator who shares no card shares no device either, and that
    is one silence, as it is in the q-value (`_free`). What speaks for innocence stays as it is.
    """
    places: dict[tuple[Question, Family], list[float]] = {}
    for kind, value in bits:
        places.setdefault((kind.question, kind.family), []).append(value)
    scale = {place: _scales(values, place[0]) for place, values in places.items()}
    return {kind.kind: value * scale[kind.question, kind.family][int(value < 0)] for kind, value in bits}


def _scales(values: Sequence[float], question: Question) -> tuple[float, float]:
    """Return the factors of the positive and of the negative bits of a question and family."""
    total, lack = sum(max(value, 0.0) for value in values), sum(min(value, 0.0) for value in values)
    silent = min(values) / lack if lack < 0 and question is not Question.INNOCENCE else 1.0
    return min(1.0, FAMILY_CAP / total) if total > 0 else 1.0, silent


def _free(findings: Sequence[tuple[Kind, Finding]], group: Group, case: Case, weights: Weights) -> float:
    """Return log2 of the product over families of an e-value of each.

    Kinds of one family depend on one another. Whatever the dependence, the smallest of k p-values times k is a p-value,
    and what it is worth in bits an e-value. Caps come after that: they are for what a null may be wrong about, and no
    kind that is silent makes that more. Innocence is taken off as it is.
    """
    families: dict[Family, list[tuple[Kind, float, float]]] = {}
    innocence = 0.0
    for kind, finding in findings:
        if finding.p_value is None:
            continue
        if kind.question is Question.INNOCENCE:
            innocence += _capped(kind, finding.bits, finding.share, weights)
        else:
            p_value = _corrected(kind, finding.p_value, group, case)
            families.setdefault(kind.family, []).append((kind, p_value, finding.share))
    return innocence + sum(
        max(_capped(kind, bits_of(p_value * len(tested)), share, weights) for kind, p_value, share in tested)
        for tested in families.values()
    )


def _evidence(kind: Kind, finding: Finding, bits: float) -> Evidence:
    return Evidence(
        kind=kind.kind,
        family=kind.family,
        question=kind.question,
        bits=round(bits, 4),
        p_value=None if finding.p_value is None else max(finding.p_value, SMALLEST_P),
        null_model=kind.null,
        statement=finding.statement,
        numbers=finding.numbers,
        exhibits=finding.exhibits,
        query=finding.query,
        share=finding.share,
    )


def scores(evidence: Iterable[Evidence]) -> Scores:
    """Return the four sums of a group."""
    sums = dict.fromkeys(Question, 0.0)
    for item in evidence:
        sums[item.question] += item.bits
    return Scores(**{question.value: round(total, 4) for question, total in sums.items()})


def q_values(tested: Sequence[Tested]) -> list[float]:
    """Return the e-BH q-value of each group: the smallest false-discovery rate at which it is named."""
    order = sorted(range(len(tested)), key=lambda i: -tested[i].free_bits)
    out, smallest = [1.0] * len(tested), 1.0
    for rank in range(len(order), 0, -1):
        place = order[rank - 1]
        smallest = min(smallest, float(len(tested) / rank * 2.0 ** -tested[place].free_bits))
        out[place] = smallest
    return out


def judge(
    evidence: Sequence[Evidence], q_value: float, level: float, weights: Weights = TODAY
) -> tuple[VerdictKind | None, str]:
    """Return the verdict on a group by its evidence as counted, or None, with the reason in words.

    Args:
        level: accepted rate of false discoveries.
    """
    sums, families = scores(evidence), counting_families(evidence)
    doubtful = doubt(evidence, q_value, level, weights)
    if doubtful:
        return None, doubtful
    if sums.extraction >= weights.extraction_needed:
        return VerdictKind.DISTILLATION, "one operator, and a harvest"
    if families.get(Family.RELAY, 0.0) >= RELAY_NEEDED:
        return VerdictKind.POOLED_ACCESS, "one pool of accounts, and no harvest"
    if sums.deception >= DECEPTION_NEEDED:
        return VerdictKind.COORDINATED, "one operator who hides it, and no harvest"
    return None, f"coordinated, but neither harvesting ({sums.extraction:.1f} bits) nor deceiving"


def doubt(evidence: Sequence[Evidence], q_value: float, level: float, weights: Weights = TODAY) -> str:
    """Return why a group is not taken for one operator's, empty if it is."""
    sums, families = scores(evidence), counting_families(evidence)
    if sums.coordination + sums.innocence < weights.coordination_needed:
        return _short_of(evidence, sums, weights.coordination_needed)
    if len(families) < FAMILIES_NEEDED:
        return f"only one family of evidence speaks ({', '.join(families) or 'none'}); two are needed"
    if q_value > level:
        return f"would be a false discovery too often (q = {q_value:.2g}, accepted {level:g})"
    return ""


def counting_families(evidence: Iterable[Evidence]) -> Mapping[Family, float]:
    """Return the bits of each family that counts towards a verdict, most first."""
    sums: dict[Family, float] = {}
    for item in evidence:
        if item.question is Question.COORDINATION:
            sums[item.family] = sums.get(item.family, 0.0) + item.bits
    counting = {family: bits for family, bits in sums.items() if bits >= FAMILY_COUNTS}
    return dict(sorted(counting.items(), key=lambda item: (-item[1], item[0])))


def _short_of(evidence: Iterable[Evidence], sums: Scores, needed: float) -> str:
    against = [item for item in evidence if item.question is Question.INNOCENCE and item.bits <= -1]
    if sums.coordination >= needed and against:
        strongest = min(against, key=lambda item: item.bits)
        return f"innocent explanation, {strongest.kind.replace('_', ' ')}: {strongest.statement}"
    return f"{sums.coordination + sums.innocence:.1f} bits of coordination, {needed:g} needed"


def with_id(tested: Tested, campaign_id: str) -> tuple[Evidence, ...]:
    """Return the evidence with its queries speaking of `campaign_id`."""
    old = tested.group.group_id
    return tuple(dataclasses.replace(item, query=item.query.replace(old, campaign_id)) for item in tested.evidence)
