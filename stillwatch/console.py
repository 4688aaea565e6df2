"""How the commands speak: tables for people, JSON for machines, a bar while something runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stillwatch.commands import Watcher
from stillwatch.ingest import Progress as Imported


def show(as_json: bool, machine: Callable[[], Any], person: Callable[[], RenderableType]) -> None:
    """Print what `machine` gives as JSON, or what `person` gives: a text as it is, anything else laid out."""
    found = json.dumps(machine(), indent=2, ensure_ascii=False) if as_json else person()
    if isinstance(found, str):
        show_text(found)
    else:
        _print(lambda: Console(highlight=False).print(found))


def show_text(text: str) -> None:
    """Print `text` as it is, at once."""
    _print(lambda: print(text))


def _print(printing: Callable[[], object]) -> None:
    try:
        printing()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something runs, where there is a terminal."""
    with progress() as bars:
        bars.add_task(what, total=None)
        yield


@contextmanager
def watching() -> Iterator[Watcher]:
    """Show a bar for an import and the name of each stage of a scan; nothing where there is no terminal."""
    with progress() as bars:
        tasks: dict[str, TaskID] = {}

        def bar(name: str) -> TaskID:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=None)
            return tasks[name]

        def on_import(at: Imported) -> None:
            said = f"importing, {at.rows:,} exchanges"
            bars.update(bar("importing"), total=max(at.size, 1), completed=at.size_done, description=said)

        def on_stage(stage: str) -> None:
            bars.update(bar("scanning"), description=f"scanning: {stage}")

        yield Watcher(on_import, on_stage)


def progress() -> Progress:
    """Return bars that are shown on a terminal only."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
