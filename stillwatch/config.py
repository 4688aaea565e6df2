"""Parameters of a scan: what to look for and how many false alarms to accept. Weights of evidence are in `evidence`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ProposalLimits(BaseModel):
    """How generous the proposers are. None of these numbers accuses anybody; they bound the work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smallest_group: int = Field(5, ge=3, description="accounts; smaller groups are not looked at")
    rare_holders: int = Field(100, ge=2, description="accounts; a mark held by more is heavy, not rare")
    habit_share: float = Field(0.03, description="of an account's exchanges; a scaffold used less often is not a habit")
    habit_least: int = Field(2, ge=2, description="exchanges; a scaffold used less often is not a habit")
    heavy_marks: int = Field(200, description="heavy marks made candidates: half by use, half by how alike holders ask")
    linked_groups: int = Field(400, description="groups of one graph of links made candidates, most linked first")
    seeds: int = Field(1500, description="accounts around which sameness is looked for")
    sameness_groups: int = Field(40, description="groups that sameness may propose")
    cohorts: int = Field(60, description="groups of accounts made alike that are made candidates, closest first")
    newcomers: int = Field(40, description="groups of newcomers of one day that are made candidates, rarest first")
    least_exchanges: int = Field(8, description="in one half of the hours, for a profile to be compared")
    largest_component: int = Field(2000, description="accounts; a larger connected component is only cut up")
    resolution: float = Field(1.0, gt=0, description="of the communities; larger finds smaller ones")


class Weights(BaseModel):
    """Caps of the kinds of evidence and thresholds of the verdict, in bits, and the file they were read from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caps: dict[str, float]
    coordination_needed: float
    extraction_needed: float
    file: str = ""
    sha256: str = ""


class ScanSettings(BaseModel):
    """One scan. Everything here is written into `scan.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    engine: str = "duckdb"
    memory: str | None = Field(None, description="of the whole process; without it a share of the machine or container")
    threads: int | None = Field(None, description="of DuckDB; as many as cores without it")
    spill: Path | None = Field(None, description="where DuckDB puts what does not fit into memory")
    false_discoveries: float = Field(0.01, gt=0, lt=1, description="accepted share of false campaigns")
    proposals: ProposalLimits = ProposalLimits()
    weights: Weights | None = Field(None, description="that a person applied; without them those of the table")
