"""The page of curves says in tables what it draws, stands alone, and gives no way in to what it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stillwatch.range.curves import render_curves
from stillwatch.range.curves.plot import BOTTOM, LEFT, TOP
from stillwatch.range.scoring import Score, read_score, score, score_json
from tests.range.scoring.hand import PEOPLE, add_groups, scored, write_scan, write_world

DISTILLATION = "distillation_campaign"
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "a\u202eb", "x" * 5_000)


def _scored(folder: Path, members: str) -> Score:
    """Return the score of a world scanned at three cut-offs, of which the later two name `members`."""
    sent = [(name, float(hour)) for name in PEOPLE for hour in range(100)]
    truth = write_world(folder / "world", exchanges=sent, harvest=dict.fromkeys(("l1", "l2", "l3", "l4"), 10.0))
    named = {"k": (DISTILLATION, members)} if members else {}
    scans = [
        write_scan(folder / "a", {}, until=20),
        write_scan(folder / "b", named, until=50),
        write_scan(folder / "c", named),
    ]
    groups = {"k": ("l1 l2 l3 l4", 20.0, 0.001), "j": ("c1 c2 c3", 3.0, 0.04), "o": ("o1 o2 o3", -1.0, 1.0)}
    add_groups(scans[-1], groups, verdicts=named)
    return score(truth, *scans)


def _on(found: Score, *rungs: str) -> Score:
    return replace(found, world={"scenario": "letter", "rungs": list(rungs)})


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Score]]:
    folder = tmp_path_factory.mktemp("scores")
    return [
        ("plain", _on(_scored(folder / "plain", "l1 l2 l3 l4"))),
        ("hiding", _on(_scored(folder / "hiding", "l1 l2 o1"), "own_payment", "personas")),
        ("unseen", _on(_scored(folder / "unseen", ""), "no_scaffold")),
    ]


@pytest.fixture(scope="module")
def page(scores: list[tuple[str, Score]]) -> str:
    return render_curves(scores)


def _text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<body>") :])).split())


def _section(page: str, name: str) -> str:
    return page[page.index(f'<section id="{name}"') :].split("</section>")[0]


def test_the_same_scores_give_the_same_page_also_by_way_of_json(scores: list[tuple[str, Score]], page: str) -> None:
    assert render_curves([(label, read_score(score_json(found))) for label, found in scores]) == page


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert "://" not in page
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert " style=" not in page[page.index("<body>") :]


def test_the_page_is_well_formed_and_every_picture_has_a_name(page: str) -> None:
    body = page[page.index("<body>") : page.index("</html>")]
    root = ElementTree.fromstring(unescape(body.replace("&lt;", "&amp;lt;").replace("&amp;lt;", "&amp;#60;")))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for picture in (element for element in root.iter("svg") if element.get("role") == "img"):
        assert all(name in ids for name in (picture.get("aria-labelledby") or "missing").split())


def test_every_campaign_that_was_scanned_again_and_again_has_its_curve(page: str) -> None:
    part = _section(page, "time")
    titles = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", part)
    assert titles == [f"{label}: {group}" for label in ("plain", "hiding", "unseen") for group in ("letter", "relay")]
    assert "40 4 100 % (39.8-100) 44.4 % distillation campaign" in _text(f"<body>{part}")
    leaked = re.findall(r'<g class="l1">\n<path d="M([\d. ]+)L', part)
    assert set(leaked) == {f"{LEFT} {BOTTOM}"}, "nothing has leaked when the harvest begins"


def test_the_ladder_stands_in_the_order_given_with_its_figures(page: str) -> None:
    text = _text(f"<body>{_section(page, 'ladder')}")
    places = [text.index(rungs) for rungs in ("nothing letter, plain", "own_payment, personas letter", "no_scaffold")]
    assert places == sorted(places)
    assert "own_payment, personas letter, hiding 50.0 % 6.8-93.2 % 44.4 % 11.1-44.4 % 8,333.3 211-38,480" in text


def test_without_rungs_there_is_no_ladder(scores: list[tuple[str, Score]]) -> None:
    assert 'id="ladder"' not in render_curves(scores[:1])
    assert 'id="ladder"' not in render_curves([scores[0], ("again", scores[0][1])])


def test_look_alikes_and_calibration_are_taken_over_all_scores(page: str) -> None:
    assert "classroom in 3 worlds 0 of 6 0-45.9 % 0 of 24 0-14.2 %" in _text(f"<body>{_section(page, 'lookalikes')}")
    calibration = _text(f"<body>{_section(page, 'calibration')}")
    assert "0.05 3 of 6 (11.8-88.2 %) 3 of 6 (11.8-88.2 %)" in calibration
    assert "20-30 3 0 0 0 3 of 3" in calibration


def test_stated_bits_stand_beside_observed_ones_for_the_sums_and_for_each_kind(page: str) -> None:
    part = _section(page, "calibration")
    titles = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", part)
    assert titles[3:] == ["coordination left after innocence", "extraction", "in step", "same list"]
    text = _text(f"<body>{part}")
    assert "20-30 3 0 20.0 - (-0.3 to no most)" in text
    assert "2 kinds of evidence, one by one" in text
    drawn = part[part.index("coordination left after innocence</figcaption>") :].split("</figure>")[0]
    assert re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', drawn)[-1] == f"{TOP}.0", "all of them are true"


def test_what_is_wrong_is_told_by_a_word_and_not_by_colour_alone(page: str) -> None:
    text = _text(f"<body>{_section(page, 'scores')}")
    assert "unseen letter, evading by no_scaffold" in text
    assert "never 100 % nothing" in text


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_stays_a_label(scores: list[tuple[str, Score]], label: str) -> None:
    world = {"scenario": label, "rungs": [label]}
    found = render_curves([(label, replace(scores[0][1], world=world)), ("other", scores[0][1])])
    assert "<script" not in found
    assert "<img" not in found
    assert "\u202e" not in found
    assert len(found) < 200_000


def test_a_world_without_a_campaign_or_a_scan_without_groups_is_said_in_words(tmp_path: Path) -> None:
    bare = scored(tmp_path, {})
    only = replace(bare, groups=tuple(g for g in bare.groups if g.kind == "classroom"))
    text = _text(render_curves([("bare", only)]))
    assert "This world holds no campaign and no relay." in text
    assert "None of these worlds was scanned at more than one cut-off" in text
    assert "None of these scans left the groups that it tested." in text
