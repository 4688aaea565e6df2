"""The groups that a scan tested, accused and cleared alike, beside what they truly were."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Question
from stillwatch.nulls import bits_of
from stillwatch.range.scoring.scans import Accusations, another_world, column
from stillwatch.range.scoring.truth import Truth
from stillwatch.range.store import CAMPAIGN, ORDINARY, RELAY

TRUE = 0.5
"""Share of the tested accounts that one campaign or relay must hold for the group to be that."""
INNOCENT = 0.9
"""Share of the tested accounts that must be innocent for the group to be; a proposal sweeps in a few of others."""
_CAPS = {kind.kind: kind.cap for kind in EVIDENCE_TABLE}


class Nature(enum.StrEnum):
    """What a tested group was."""

    CAMPAIGN = "campaign"
    RELAY = "relay"
    UNRELATED = "unrelated"
    """Innocent, and at least nine in ten of its accounts belong to no look-alike: nothing holds them together."""
    LOOKALIKE = "lookalike"
    """Innocent otherwise: something does hold them together, and it is harmless."""
    MIXED = "mixed"


INNOCENTS = (Nature.UNRELATED, Nature.LOOKALIKE)
GUILTY = (Nature.CAMPAIGN, Nature.RELAY)


@dataclass(frozen=True, slots=True)
class Parts:
    """Who the accounts of a tested group are.

    Attributes:
        nature: what the group was. accounts: how many were tested.
        campaign, relay, innocent: shares of them: in the campaign and the relay that hold most, and innocent.
        largest: kind of which most of them are, as in the truth.
    """

    nature: Nature
    accounts: int
    campaign: float
    relay: float
    innocent: float
    largest: str


@dataclass(frozen=True, slots=True)
class TestedGroup:
    """One group that was tested.

    Attributes:
        scan: name of the folder. campaign_id: id of the campaign or cleared group.
        parts: who its accounts are.
        bits: coordination left after innocence, as the verdict counts it. extraction: bits of harvest, likewise.
        q_value: as the scan had it.
        counted: bits by kind of evidence that was tested, as the sums count them; negative for innocence.
        e_values: by kind of evidence that was tested and asks for guilt: 2 to the bits of its p-value, within the cap
            of its kind, before the caps of families and without the floor under what an absent sign takes away.
        p_values: the same, p.
    """

    scan: str
    campaign_id: str
    parts: Parts
    bits: float
    extraction: float
    q_value: float
    counted: dict[str, float]
    e_values: dict[str, float]
    p_values: dict[str, float]

    @property
    def nature(self) -> Nature:
        """What the group was."""
        return self.parts.nature


def tested_groups(scan: Accusations, truth: Truth) -> tuple[TestedGroup, ...]:
    """Return the groups that a scan tested, in its order; none when it left no `groups.parquet`.

    Raises:
        StillwatchError: a table cannot be read, or a tested account is not in the truth.
    """
    if not (scan.folder / "groups.parquet").exists():
        return ()
    columns = ["campaign_id", "coordination_bits", "extraction_bits", "innocence_bits", "q_value"]
    rows = [row for name in ("campaigns", "cleared") for row in column(scan.folder, name, columns).to_pylist()]
    shares, evidence = _shares(scan, truth), _evidence(scan)
    return tuple(
        _tested(scan.folder.name, row, shares[row["campaign_id"]], evidence=evidence.get(row["campaign_id"], []))
        for row in rows
        if row["campaign_id"] in shares
    )


def _tested(scan: str, row: Mapping[str, Any], parts: Parts, *, evidence: Sequence[Mapping[str, Any]]) -> TestedGroup:
    guilt = {one["evidence"]: one["p_value"] for one in evidence if one["question"] != str(Question.INNOCENCE)}
    return TestedGroup(
        scan=scan,
        campaign_id=row["campaign_id"],
        parts=parts,
        bits=row["coordination_bits"] + row["innocence_bits"],
        extraction=row["extraction_bits"],
        q_value=row["q_value"],
        counted={one["evidence"]: one["bits"] for one in evidence},
        e_values={kind: _e_value(kind, p) for kind, p in guilt.items()},
        p_values=guilt,
    )


def _e_value(kind: str, p_value: float) -> float:
    return float(2.0 ** min(bits_of(p_value), _CAPS.get(kind, np.inf)))


def _evidence(scan: Accusations) -> dict[str, list[dict[str, Any]]]:
    """Return the evidence that could be tested by group."""
    table = column(scan.folder, "evidence", ["campaign_id", "evidence", "question", "bits", "p_value"])
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.filter(pc.is_valid(table["p_value"])).to_pylist():
        found.setdefault(row["campaign_id"], []).append(row)
    return found


def _shares(scan: Accusations, truth: Truth) -> dict[str, Parts]:
    """Return who the accounts of every tested group are, by its id."""
    table = column(scan.folder, "groups", ["campaign_id", "account_id"]).combine_chunks()
    places = truth.places(table["account_id"].combine_chunks().cast(pa.string()))
    strangers = int((places < 0).sum())
    if strangers:
        raise another_world(scan.folder, f"{strangers} of {len(places)} tested accounts are not in this truth")
    codes = table["campaign_id"].combine_chunks().dictionary_encode()
    of = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.cumsum(np.bincount(of, minlength=len(codes.dictionary)))
    members = np.split(places[np.argsort(of, kind="stable")], ends[:-1])
    return {key: parts_of(who, truth) for key, who in zip(codes.dictionary.to_pylist(), members, strict=True)}


def parts_of(who: I64, truth: Truth) -> Parts:
    """Return who the accounts in the places `who` of the truth are, shape (accounts,)."""
    kinds = truth.kinds[who]
    of = {kind: np.isin(kinds, truth.numbers(kind)) for kind in (CAMPAIGN, RELAY, ORDINARY)}
    campaign, relay = (_largest(truth.group[who[of[kind]]], len(who)) for kind in (CAMPAIGN, RELAY))
    innocent = float((~of[CAMPAIGN] & ~of[RELAY]).mean())
    if campaign >= TRUE:
        nature = Nature.CAMPAIGN
    elif relay >= TRUE:
        nature = Nature.RELAY
    elif innocent < INNOCENT:
        nature = Nature.MIXED
    else:
        nature = Nature.UNRELATED if float(of[ORDINARY].mean()) >= INNOCENT else Nature.LOOKALIKE
    return Parts(nature, len(who), campaign, relay, innocent, truth.names[int(np.bincount(kinds).argmax())])


def _largest(groups: I64, accounts: int) -> float:
    """Return the share of `accounts` that lies in the one of `groups` which holds most."""
    return float(np.bincount(groups).max(initial=0)) / accounts
