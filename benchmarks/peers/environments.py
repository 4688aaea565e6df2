"""A virtual environment for each peer that needs packages: made when first asked for, kept outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from stillwatch.errors import Refused, StillwatchError

REQUIREMENTS = Path(__file__).with_name("requirements")
REPOSITORY = Path(__file__).resolve().parents[2]
_READY = "ready"
_LOG = "install.log"


def default_folder() -> Path:
    """Return the folder of environments in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if cache else Path.home() / ".cache") / "stillwatch-peers"


def python_of(requirements: str, folder: Path) -> Path:
    """Return the interpreter of the environment with `requirements` under `folder`; it is made if it is not there.

    Args:
        requirements: file in `benchmarks/peers/requirements`; empty for the project's own environment.
        folder: of all environments.

    Raises:
        Refused: `folder` is inside the repository.
        StillwatchError: the packages could not be installed.
    """
    if not requirements:
        return Path(sys.executable)
    if folder.resolve().is_relative_to(REPOSITORY):
        raise Refused(
            "environments of peers stay outside the repository", where=str(folder), remedy="another `--environments`"
        )
    place = _place(requirements, folder)
    if not is_ready(requirements, folder):
        _make(REQUIREMENTS / requirements, place)
        (place / _READY).write_text(_digest(requirements), encoding="ascii")
    return _python(place)


def is_ready(requirements: str, folder: Path) -> bool:
    """Return whether that environment is there, finished, and made from the pins as they are now."""
    told = _place(requirements, folder) / _READY
    return not requirements or (told.is_file() and told.read_text(encoding="ascii") == _digest(requirements))


def _place(requirements: str, folder: Path) -> Path:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return folder / f"{Path(requirements).stem}-{version}"


def _digest(requirements: str) -> str:
    return hashlib.sha256((REQUIREMENTS / requirements).read_bytes()).hexdigest()


def _python(place: Path) -> Path:
    return place / "bin" / "python"


def _make(pins: Path, place: Path) -> None:
    """Make the environment at `place` anew: with uv where it is present, else with venv and pip."""
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    python, uv = str(_python(place)), shutil.which("uv")
    if uv:
        made = [uv, "venv", "--quiet", "--python", sys.executable, str(place)]
        filled = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(pins)]
    else:
        made = [sys.executable, "-m", "venv", str(place)]
        filled = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes",
                  "--requirement", str(pins)]  # fmt: skip
    log = place.with_name(f"{place.name}.{_LOG}")
    with log.open("wb") as told:
        for command in (made, filled):
            ended = subprocess.run(command, stdout=told, stderr=subprocess.STDOUT, check=False)
            if ended.returncode:
                raise StillwatchError(
                    f"its packages could not be installed, exit code {ended.returncode}",
                    where=pins.name,
                    expected="a package index that can be reached",
                    remedy=f"read {log}",
                )
