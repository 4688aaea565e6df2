"""What every page that is written is made with: style sheets named by their hash, templates that escape everything."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@functools.cache
def stylesheet(package: str, name: str) -> str:
    """Return the style sheet `name` among the templates of `package`."""
    return resources.files(package).joinpath("templates", name).read_text(encoding="utf-8")


def hash_source(style: str) -> str:
    """Return what allows the style sheet `style`, and no other, in the `style-src` of a page's policy."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def templates_of(package: str, filters: Iterable[Callable[..., Any]]) -> Environment:
    """Return the templates of `package`, which escape everything, stop at an unknown name and know `filters` by the
    names of the functions."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update({function.__name__: function for function in filters})
    return environment
