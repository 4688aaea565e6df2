"""Lasting ids: is this the campaign that an earlier scan found, grown, split or moved?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

_SAME = 0.5
"""Share of the smaller of two groups that must be common for one to go on as the other."""


def new_id(accounts: Iterable[str]) -> str:
    """Return the id of a group seen for the first time: the same accounts always get the same one."""
    digest = hashlib.sha256("\n".join(sorted(accounts)).encode("utf-8", "surrogatepass"))
    return f"c-{digest.hexdigest()[:12]}"


def lasting_id(accounts: frozenset[str], known: Mapping[str, frozenset[str]], taken: frozenset[str]) -> str:
    """Return the id under which a group goes on.

    Args:
        known: accounts of earlier campaigns, by id.
        taken: ids that stronger groups of this scan already go on as; what is left of a split gets a new one.
    """
    best, name = _SAME, ""
    for campaign, members in sorted(known.items()):
        common = len(accounts & members) / max(min(len(accounts), len(members)), 1)
        if campaign not in taken and common > best:
            best, name = common, campaign
    return name or new_id(accounts)
