"""Log formats: the table of importers, and how a file finds its own.

`load` is what an import calls: files in, exchanges out. Text exists from here to the sketch and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from stillwatch.errors import NothingUsable
from stillwatch.importers.accounts import read_accounts
from stillwatch.importers.anthropic import ANTHROPIC
from stillwatch.importers.bedrock import BEDROCK
from stillwatch.importers.claude_code import CLAUDE_CODE
from stillwatch.importers.envoy import ENVOY
from stillwatch.importers.importer import Head, Importer, Intake
from stillwatch.importers.langfuse import LANGFUSE
from stillwatch.importers.litellm import LITELLM
from stillwatch.importers.load import Assigned, Loaded, assign, choose_among, load
from stillwatch.importers.mapping import ColumnMap, load_mapping, mapped
from stillwatch.importers.network import Network
from stillwatch.importers.openai import OPENAI
from stillwatch.importers.otel import OTEL
from stillwatch.importers.own import STILLWATCH
from stillwatch.importers.source import Source, expand

IMPORTERS: tuple[Importer, ...] = (
    STILLWATCH,  # first, since the contract is that the record is always accepted as it is
    LITELLM,  # its payload holds OpenAI-shaped bodies: before `openai`
    OTEL,  # a span may hold any body as an attribute
    LANGFUSE,  # an observation may hold any body as its input
    BEDROCK,  # its event holds Anthropic-shaped bodies: before `anthropic`
    CLAUDE_CODE,  # its lines hold Anthropic-shaped answers: before `anthropic`
    ENVOY,
    ANTHROPIC,  # told by blocks and versions that OpenAI-shaped logs never have: before `openai`
    OPENAI,  # last: takes any record with a model and messages
)
"""Every format, in the order in which a file is tried: what is told by certain marks before what is told by shape."""


def by_name(name: str) -> Importer:
    """Return the importer called `name`.

    Raises:
        NothingUsable: there is none.
    """
    for importer in IMPORTERS:
        if importer.name == name:
            return importer
    raise NothingUsable(
        f"no log format is called `{name}`",
        where="--from",
        expected=f"one of {', '.join(importer.name for importer in IMPORTERS)}",
    )


def recognise(source: Source) -> Importer:
    """Return the importer of a file, from how the file begins.

    Raises:
        StillwatchError: no importer knows it, or it is empty or cannot be read.
    """
    return choose_among(IMPORTERS, source)


def chosen(
    sources: Sequence[Source], intake: Intake, *, name: str | None = None, mapping: ColumnMap | None = None
) -> list[Assigned]:
    """Return the importer of each file: the one called `name`, or through `mapping` where it fits, or recognised.

    A file that no importer knows is counted and named in `intake`, and left out.

    Raises:
        StillwatchError: no importer is called `name`.
    """
    if name is not None:
        named = by_name(name)
        return [Assigned(source, named) for source in sources]
    known = IMPORTERS if mapping is None else (mapped(mapping), *IMPORTERS)
    return assign(sources, intake, partial(choose_among, known))


__all__ = [
    "IMPORTERS",
    "Assigned",
    "ColumnMap",
    "Head",
    "Importer",
    "Intake",
    "Loaded",
    "Network",
    "Source",
    "assign",
    "by_name",
    "chosen",
    "expand",
    "load",
    "load_mapping",
    "mapped",
    "read_accounts",
    "recognise",
]
