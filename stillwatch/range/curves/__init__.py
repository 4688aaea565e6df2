"""The page that `stillwatch range report` writes: the curves of one or more scores, see `docs/concepts/scoring.md`."""

from stillwatch.range.curves.page import render_curves

__all__ = ["render_curves"]
