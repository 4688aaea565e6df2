"""Peers on the same worlds: other ways to find campaigns, each run in its own process and judged by one function.

Nothing here is imported by the project, and nothing a peer needs is a dependency of it. A peer is a module with
`accuse(world, scratch)`, a line in `PEERS` and, where it needs packages, a file of pins in `requirements/`. It is
handed a folder with the exchanges and the accounts of a world and never sees the truth.
"""

from __future__ import annotations

from benchmarks.peers.peer import Peer

PEERS = (
    Peer(
        name="stillwatch",
        title="this project",
        module="itself",
        requirements="",
        rule="member of a named campaign, whatever its verdict",
        cannot="names no campaign on one family of evidence alone, so a group that hides all but one is missed",
    ),
    Peer(
        name="volume",
        title="per-account threshold",
        module="volume",
        requirements="",
        rule="exchanges a day more than three standard deviations above the mean",
        cannot="sees one account at a time and one number: nothing that sends as little as a customer can be found",
    ),
    Peer(
        name="forest",
        title="isolation forest (scikit-learn 1.9.1)",
        module="forest",
        requirements="forest.txt",
        rule='`predict` with `contamination="auto"`',
        cannot="sees one account at a time: a group is many alike, and many alike are what it calls normal",
    ),
    Peer(
        name="cnt-text",
        title="coordination_network_toolkit 1.5.2: co-tweet, co-similarity, co-reply",
        module="coordination",
        requirements="coordination.txt",
        rule="in a component of three or more, linked by at least two messages within 60 seconds",
        cannot="has no null model, and needs repeats of text within a minute: a list of prompts dealt out has none",
    ),
    Peer(
        name="cnt-scaffold",
        title="coordination_network_toolkit 1.5.2: co-link of prompt scaffolds",
        module="coordination_scaffold",
        requirements="coordination.txt",
        rule="in a component of three or more, linked by at least two messages within 60 seconds",
        cannot="has no null model, needs a fixed wrapper, and cannot tell one operator's from one that is popular",
    ),
    Peer(
        name="splink",
        title="Splink 5.0.0",
        module="linkage",
        requirements="splink.txt",
        rule="in a cluster of three or more at a match probability of 0.95",
        cannot="account table only: it cannot see anything that accounts do",
    ),
    Peer(
        name="fraudar",
        title="FRAUDAR (rgmining-fraudar 0.7.6)",
        module="dense_blocks",
        requirements="fraudar.txt",
        rule="in the one densest block",
        cannot="has no null model: some block is always densest, and many marks in common beat one scaffold",
    ),
    Peer(
        name="mmd",
        title="MMD test in the manner of arXiv 2606.05725",
        module="kernel_test",
        requirements="",
        rule="a window of the account's prompts above the 95th percentile of the past against itself",
        cannot="tests what is asked, not who asks: one person's own topics deviate from everybody's as a harvest does",
    ),
)
"""In the order of the table: the project, accounts by themselves, groups, and traffic."""
