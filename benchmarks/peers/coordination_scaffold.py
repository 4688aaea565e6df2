"""coordination_network_toolkit 1.5.2 with prompt scaffolds in place of links to web pages.

Its co-link network takes any string as a link. A user who suspects templates would hand it the first and the last
words of every prompt and the system prompt; two accounts are then linked when they use one template within 60 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coordination_network_toolkit import compute_networks  # type: ignore[import-not-found]

from benchmarks.peers.accusations import Accusations, nobody
from benchmarks.peers.networks import accused, links, load, owners_of
from benchmarks.peers.tables import NORMAL, connect, has_text, head_of, tail_of

SCAFFOLDS = f"""concat_ws(' ',
    'head:' || md5({head_of(NORMAL)}), 'tail:' || md5({tail_of(NORMAL)}), 'system:' || md5(system_text))"""


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:
    """Yield the components of accounts that use one template at one time."""
    connection = connect(world)
    if not has_text(connection):
        yield nobody("the exchanges have no text to compare")
        return
    database = load(connection, scratch, marks=SCAFFOLDS)
    yield accused(links(database, "co_link", compute_networks.compute_co_link_network, owners_of(connection)))
