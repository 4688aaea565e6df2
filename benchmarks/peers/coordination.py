"""coordination_network_toolkit 1.5.2 as its manual has it: accounts are authors, prompts are messages.

Three of its networks say something about prompts: co-tweet (the same text), co-similarity (Jaccard of words at 0.8)
and co-reply (the history of one conversation goes on under two accounts), each within 60 seconds and twice or more.
Co-similarity compares every pair of prompts within the window and comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from coordination_network_toolkit import compute_networks  # type: ignore[import-not-found]

from benchmarks.peers.accusations import Accusations, nobody
from benchmarks.peers.networks import accused, links, load, owners_of, strongest
from benchmarks.peers.tables import connect, has_text

SIMILARITY = 0.8
"""The toolkit's own default on its command line."""


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:
    """Yield the components of the quick networks, then those of all three."""
    connection = connect(world)
    if not has_text(connection):
        yield nobody("the exchanges have no text to compare")
        return
    owners = owners_of(connection)
    database = load(connection, scratch)
    quick = [
        links(database, "co_tweet", compute_networks.compute_co_tweet_network, owners),
        links(database, "co_reply", compute_networks.compute_co_reply_network, owners),
    ]
    yield accused(strongest(quick), "co-tweet and co-reply only: co-similarity did not end in time")
    similar = partial(compute_networks.compute_co_similar_tweet, similarity_threshold=SIMILARITY)
    yield accused(strongest([*quick, links(database, "co_similar_tweet", similar, owners)]))
