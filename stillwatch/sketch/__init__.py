"""Text in, no text out: what of an exchange goes into the ledger.

`Sketcher` is the way in, `schema.SKETCHES` says what comes out. Inside, in the order in which text flows: `points`
(normalised code points), `tokens` (words as numbers), then `exact`, `scaffold`, `topic` and `intent` beside each other,
put together by `content` for the text and by `sketcher` for the rest. Readers start at `docs/concepts/sketch.md`.
"""

from stillwatch.sketch.sketcher import Sketcher

__all__ = ["Sketcher"]
