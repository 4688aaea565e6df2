"""What a scan reads off the largest sums, made from exchanges at once or from sums that were kept.

Most marks of text come once, are shared with nobody and nobody's habit. Where no sums are kept they are left out before
anything is counted by account: how often a mark comes is found without knowing whose it is. Kept sums know of every
mark whether one account alone holds it.

Marks of texts may be too many for one memory: those that are read lie in the `span`, a table of one row.

Both texts of one name give rows from which the queries of `profiles` and `handoffs` make the same, and not always the
same rows: of exchanges marks that come often, of kept sums marks that two accounts hold.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.rollups.sums import MARKS

TEXTS = {"system": 3, "system_head": 3, "head": 3, "tail": 3, "shingle": 3, "prompt": 2}
"""Kinds of mark that texts leave, of which there are about as many as exchanges, and how often one must come, whoever
sends it: what is a habit of one account (`ProposalLimits.habit_least`) and known to another comes three times."""


SPAN = "span"
"""The table of the `first` and the `last` mark that is read."""
_WITHIN = f"mark >= (select first from {SPAN}) and mark <= (select last from {SPAN})"


def _often(kind: str, least: int) -> str:
    return f"""
        with often as (
                select mark from ({MARKS[kind]}) where {_WITHIN} group by mark having count(*) >= {least})
        select account_id, mark, count(*) as n from ({MARKS[kind]})
        where {_WITHIN} and mark in (select mark from often) group by account_id, mark"""


_PAIRS = "source, target, cast(sum(continued.n) as bigint) as n, min(exhibit) as exhibit"

_OF_EXCHANGES = {
    **{f"repeated_{kind}": _often(kind, least) for kind, least in TEXTS.items()},
    "moved": f"select {_PAIRS} from continued group by source, target",
}

_OF_SUMS = {
    **{
        f"repeated_{kind}": f"select account_id, mark, n from marks_{kind} where not alone and {_WITHIN}"
        for kind in TEXTS
    },
    "repeated_prompt": f"select account_id, mark, n from marks_prompt where (not alone or n >= 2) and {_WITHIN}",
    "moved": f"""
        with holders as (select mark, count(*) as accounts from marks_history where not alone group by mark)
        select {_PAIRS} from continued left join holders on continued.mark = holders.mark
        where holders.accounts is null or holders.accounts <= :few group by source, target""",
}
"""Conversations that go on elsewhere: of kept sums without those that hang on a first turn which, over all days, too
many accounts share. Of exchanges `continued` has none of them."""

READ_OF_EXCHANGES = {name: Query(name, sql) for name, sql in _OF_EXCHANGES.items()}
READ_OF_SUMS = {name: Query(name, sql) for name, sql in _OF_SUMS.items()}
