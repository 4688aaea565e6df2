"""The page in a real browser: axe-core finds nothing, wide and light, narrow and dark.

axe-core (MPL-2.0) is fetched for the test by npm and is no part of this repository. Without npm, a registry or a
Chromium the tests skip and say so; `test_structure.py` holds what can be held without them.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from stillwatch.report.html import render_html
from stillwatch.report.result import load_result
from tests.report.sample_scan import SAMPLES, write_scan

pytestmark = pytest.mark.browser

AXE = "axe-core@4.11.0"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 60
RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  const out = document.createElement("pre");
  out.id = "found";
  const wrong = found.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html)]);
  out.textContent = JSON.stringify({
    wrong, dark: matchMedia("(prefers-color-scheme: dark)").matches, narrow: innerWidth < 600,
  });
  document.body.append(out);
});
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the source of axe-core."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine, so no axe-core")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", AXE, "--prefer-offline", "--ignore-scripts", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"npm could not fetch {AXE}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a small report of every part, with all folds open."""
    out = write_scan(tmp_path_factory.mktemp("scan"), SAMPLES[2:5])
    return render_html(load_result(out)).replace("<details", "<details open")


def _looked_at(browser: str, page: str, axe: str, *, folder: Path, flags: tuple[str, ...]) -> dict[str, Any]:
    """Return what axe-core finds wrong, and how the page was shown; its policy forbids scripts and is taken off."""
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    path = folder / "page.html"
    path.write_text(free.replace("</body>", f"<script>{axe}</script><script>{RUN}</script></body>"), encoding="utf-8")
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    quiet = ("--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run")
    where = (f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom", path.as_uri())
    done = subprocess.run(
        [browser, *quiet, *sandbox, *flags, *where], capture_output=True, check=False, timeout=SECONDS
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode("utf-8", "replace"), re.DOTALL)
    assert found is not None, done.stderr.decode("utf-8", "replace")[-2_000:]
    seen: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return seen


def test_axe_finds_nothing_on_a_wide_light_page(browser: str, axe: str, page: str, tmp_path: Path) -> None:
    seen = _looked_at(browser, page, axe, folder=tmp_path, flags=("--window-size=1280,900",))
    assert seen == {"wrong": [], "dark": False, "narrow": False}


def test_axe_finds_nothing_on_a_narrow_dark_page(browser: str, axe: str, page: str, tmp_path: Path) -> None:
    flags = ("--window-size=500,900", "--blink-settings=preferredColorScheme=0")
    seen = _looked_at(browser, page, axe, folder=tmp_path, flags=flags)
    assert seen == {"wrong": [], "dark": True, "narrow": True}


def test_axe_finds_what_is_wrong(browser: str, axe: str, tmp_path: Path) -> None:
    """The test can fail: a page without a language and with a picture without a text is told."""
    broken = '<!doctype html><html><title>x</title><body><main><h1>x</h1><img src="x.png"></main></body></html>'
    seen = _looked_at(browser, broken, axe, folder=tmp_path, flags=("--window-size=1280,900",))
    assert {"html-has-lang", "image-alt"} <= {rule for rule, _, _ in seen["wrong"]}
