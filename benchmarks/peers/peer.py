"""What is known of a peer before it runs. The standard library only, since every environment imports this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to find campaigns, run on the same worlds.

    Attributes:
        name: on the command line.
        title: what it is, with the version.
        module: the module of `benchmarks.peers` that holds its `accuse`.
        requirements: file in `benchmarks/peers/requirements`; empty for a peer that needs nothing beyond the project's
            own environment.
        rule: when it accuses an account as its makers set it, without help from the truth.
        cannot: what it could not do, in one sentence.
    """

    name: str
    title: str
    module: str
    requirements: str
    rule: str
    cannot: str
