"""Logs that lack what others have: columns taken away before a world is imported.

Every world of the range is written with all that a provider may know. Few logs have that; what a scan does without it
is measured by importing the same worlds with less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.record import EXCHANGES

_TEXTS = frozenset({"system_text", "input_text", "output_text", "prefix_hashes"})
_FEW = frozenset({"exchange_id", "ts", "account_id", "model", "tokens_in", "tokens_out", "input_text"})
_GATEWAY = _FEW | {"system_text", "user_agent", "ip", "session_id", "turn", "prefix_hashes", "status", "stream"}
_ALL = frozenset(EXCHANGES.names)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a world is imported.

    Attributes:
        exchanges: columns of the exchanges. accounts: whether there is a table of accounts, without `org_id` where the
            exchanges have none.
    """

    exchanges: frozenset[str]
    accounts: bool

    @property
    def organisations(self) -> bool:
        """Whether rows say who belongs to one organisation."""
        return "org_id" in self.exchanges


WHOLE = "whole"
SHAPES: Mapping[str, Shape] = {
    WHOLE: Shape(_ALL, accounts=True),
    "no-organisations": Shape(_ALL - {"org_id"}, accounts=True),
    "no-accounts": Shape(_ALL, accounts=False),
    "no-text": Shape(_ALL - _TEXTS, accounts=True),
    "gateway": Shape(_GATEWAY, accounts=False),
    "few": Shape(_FEW, accounts=False),
}
"""By name: all of it; without `org_id`; without the table of accounts; without texts and histories; what a gateway
writes of a request; time, account, model, tokens and prompt."""
