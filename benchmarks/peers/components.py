"""Connected components of weighted links at every threshold at once.

Links are taken from the heaviest down; the weight at which an account's component first holds enough accounts is its
score, so that the accounts of score t or more are those of the large components of links of weight t or more.
"""

from __future__ import annotations

from collections.abc import Iterable

Link = tuple[str, str, float]
"""Two accounts and the weight between them."""


def scores_by_component(links: Iterable[Link], smallest: int) -> dict[str, float]:
    """Return for each account the greatest weight at which its component holds `smallest` accounts or more."""
    above: dict[str, str] = {}
    waiting: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    scores: dict[str, float] = {}
    for one, other, weight in sorted(links, key=lambda link: (-link[2], link[0], link[1])):
        tops = [_top(above, waiting, sizes, account) for account in (one, other)]
        if tops[0] == tops[1]:
            continue
        big, small = sorted(tops, key=lambda top: (-sizes[top], top))
        above[small] = big
        sizes[big] += sizes[small]
        waiting[big] += waiting.pop(small)
        if sizes[big] >= smallest:
            scores.update(dict.fromkeys(waiting[big], weight))
            waiting[big] = []
    return scores


def components(links: Iterable[Link], threshold: float) -> dict[str, str]:
    """Return for each account of a link of weight `threshold` or more the smallest id of its component."""
    above: dict[str, str] = {}
    for one, other, weight in links:
        if weight >= threshold:
            tops = sorted(_root(above, account) for account in (one, other))
            above[tops[1]] = tops[0]
    return {account: _root(above, account) for account in above}


def _top(above: dict[str, str], waiting: dict[str, list[str]], sizes: dict[str, int], account: str) -> str:
    if account not in above:
        waiting[account], sizes[account] = [account], 1
    return _root(above, account)


def _root(above: dict[str, str], account: str) -> str:
    """Return the top of the tree that `account` is in, and shorten the way to it."""
    above.setdefault(account, account)
    while above[account] != account:
        above[account] = above[above[account]]
        account = above[account]
    return account
