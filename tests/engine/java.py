"""What tests of Spark need of a machine, and settings that make it quick on small tables."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

QUICK = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
"""For Java that lives for a minute: half the time goes into compiling well what is run a few times."""


def java() -> None:
    """Skip the test, and say so, where there is no Java; `.ci/run` installs one."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and Path(home, "bin", "java").exists()):
        pytest.skip("no Java on this machine, so no Spark")
