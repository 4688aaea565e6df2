"""The sample scan, written and read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.report.html import render_html
from stillwatch.report.result import Result, load_result
from tests.report.sample_scan import write_scan


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scan(tmp_path_factory.mktemp("sample") / "out")


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Result:
    return load_result(sample_folder)


@pytest.fixture(scope="session")
def page(sample: Result) -> str:
    return render_html(sample)
