"""What a scan reads off the largest sums, made from exchanges at once or from sums that were kept.

Who alone holds a mark that comes once shares it with nobody and has no habit of it. Most marks of text are of that
kind, so where no sums are kept they are left out before anything is counted by account: a mark that comes twice is
found without knowing whose it is. Kept sums know of every mark whether one account alone holds it.

Both texts of one name give rows from which the queries of `profiles` and `handoffs` make the same, and not always the
same rows: of exchanges a mark that comes twice is given, of kept sums one that two accounts hold.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.rollups.sums import MARKS

TEXTS = ("system", "system_head", "head", "tail", "shingle", "prompt")
"""Kinds of mark that texts leave, of which there are about as many as exchanges, and most come once."""


def _repeated(source: str) -> str:
    """Return exchanges per account and mark of the marks that come at least twice, whoever holds them."""
    return f"""
        with often as (select mark from ({source}) where mark is not null group by mark having count(*) >= 2)
        select account_id, mark, count(*) as n from ({source}) where mark in (select mark from often)
        group by account_id, mark"""


_PAIRS = "source, target, cast(sum(continued.n) as bigint) as n, min(exhibit) as exhibit"

_OF_EXCHANGES = {
    **{f"repeated_{kind}": _repeated(MARKS[kind]) for kind in TEXTS},
    "moved": f"select {_PAIRS} from continued group by source, target",
}

_OF_SUMS = {
    **{f"repeated_{kind}": f"select account_id, mark, n from marks_{kind} where not alone" for kind in TEXTS},
    "repeated_prompt": "select account_id, mark, n from marks_prompt where not alone or n >= 2",
    "moved": f"""
        with holders as (select mark, count(*) as accounts from marks_history where not alone group by mark)
        select {_PAIRS} from continued left join holders on continued.mark = holders.mark
        where holders.accounts is null or holders.accounts <= :few group by source, target""",
}
"""Conversations that go on elsewhere: of kept sums without those that hang on a first turn which, over all days, too
many accounts share. Of exchanges `continued` has none of them."""

READ_OF_EXCHANGES = {name: Query(name, sql) for name, sql in _OF_EXCHANGES.items()}
READ_OF_SUMS = {name: Query(name, sql) for name, sql in _OF_SUMS.items()}
