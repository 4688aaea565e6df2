"""An error of a command, as a user reads it."""

from __future__ import annotations

from stillwatch.errors import ExitCode
from tests.small_world import Ran


def told(ran: Ran, code: ExitCode) -> str:
    """Return the error of a command, which ended with `code`, told in one grammar."""
    assert ran.code == code, ran.err
    assert ran.out == ""
    first, *more = ran.err.splitlines()
    assert first[0] == first[0].lower()
    assert not first.endswith(".")
    assert all(line.startswith(("  expected: ", "  try: ")) for line in more)
    return ran.err
