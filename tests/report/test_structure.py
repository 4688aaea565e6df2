"""What makes the page readable by ear, by keyboard and by weak eyes, held without a browser."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter
from html.parser import HTMLParser
from importlib import resources

import pytest

STYLE = resources.files("stillwatch.report").joinpath("templates/style.css").read_text(encoding="utf-8")
VOID = frozenset({"meta", "line", "path", "rect", "circle"})


class Page(HTMLParser):
    """The tags of a page in their order, each with the tags it stands in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}, tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}, tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes, _ in self.tags if tag in names]


@pytest.fixture(scope="module")
def parsed(page: str) -> Page:
    return Page(page)


def test_every_element_is_closed(parsed: Page) -> None:
    assert parsed.open == []


def test_headings_are_in_order_and_the_first_is_the_only_one_of_its_kind(parsed: Page) -> None:
    levels = [int(tag[1]) for tag, _, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_there_are_landmarks_and_a_way_past_them(parsed: Page) -> None:
    tags = Counter(tag for tag, _, _ in parsed.tags)
    assert (tags["main"], tags["nav"], tags["footer"]) == (1, 1, 1)
    assert next(a["href"] for tag, a, _ in parsed.tags if tag == "a") == "#campaigns"


def test_every_section_has_a_name(parsed: Page) -> None:
    ids = {a["id"] for _, a, _ in parsed.tags if "id" in a}
    assert all(a["aria-labelledby"] in ids for a in parsed.all("section"))


def test_ids_are_unique_and_every_reference_leads_to_one(parsed: Page) -> None:
    ids = Counter(a["id"] for _, a, _ in parsed.tags if "id" in a)
    assert [name for name, many in ids.items() if many > 1] == []
    links = {a["href"] for a in parsed.all("a")}
    assert all(link.startswith("#") for link in links)
    labels = {name for _, a, _ in parsed.tags for name in a.get("aria-labelledby", "").split()}
    assert {link[1:] for link in links} | labels <= set(ids)


def test_every_header_cell_has_a_scope(parsed: Page) -> None:
    assert all(a.get("scope") in ("col", "row", "rowgroup") for a in parsed.all("th"))


def test_tables_that_are_restyled_on_a_narrow_screen_keep_their_roles(parsed: Page) -> None:
    inside = False
    for tag, attributes, _ in parsed.tags:
        if tag == "table":
            inside = "stack" in attributes.get("class", "")
        elif tag in ("thead", "tbody", "tr", "th", "td") and inside:
            assert "role" in attributes


def test_every_picture_has_a_text_or_is_beside_it(parsed: Page) -> None:
    pictures = [a for tag, a, within in parsed.tags if tag == "svg" and "svg" not in within]
    told = [a for a in pictures if a.get("role") == "img"]
    assert len(told) == 8  # a timeline and a picture of links for each campaign
    assert all(len(a["aria-labelledby"].split()) == 2 for a in told)  # its title and its description
    assert all(a.get("aria-hidden") == "true" for a in pictures if a not in told)


def test_what_scrolls_can_be_reached_by_keyboard(parsed: Page) -> None:
    assert all(a.get("tabindex") == "0" and a.get("aria-label") for a in parsed.all("pre"))


def test_the_page_loads_nothing_and_runs_nothing(page: str, parsed: Page) -> None:
    assert not parsed.all("script", "link", "img", "iframe", "object", "embed", "form", "base")
    assert not re.search(r"https?:|url\(|@import", page)
    assert not [name for _, a, _ in parsed.tags for name in a if name.startswith("on") or name in ("style", "src")]


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(page: str) -> None:
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page


def _scheme(rule: str) -> dict[str, str]:
    """Return the colours that the first block after `rule` sets, by name."""
    block = STYLE[STYLE.index(rule) :]
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block[: block.index("}")]))


def _luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("rule", [":root {", "prefers-color-scheme: dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("ink", ["ink", "soft", "link"])
def test_text_can_be_told_from_its_ground(rule: str, ground: str, ink: str) -> None:
    colours = _scheme(rule)
    assert _contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("rule", [":root {", "prefers-color-scheme: dark"])
@pytest.mark.parametrize("mark", ["against", "for", "bar", "soft"])
def test_marks_of_a_chart_can_be_told_from_the_page(rule: str, mark: str) -> None:
    colours = _scheme(rule)
    assert _contrast(colours[mark], colours["paper"]) >= 3


def test_the_contrast_of_black_on_white_is_what_it_is() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_bars_for_and_against_differ_in_more_than_colour() -> None:
    against, hollow = (re.search(rf"rect\.{name} {{(.*?)}}", STYLE) for name in ("against", "for"))
    assert against is not None
    assert hollow is not None
    assert "stroke" not in against.group(1)
    assert "stroke" in hollow.group(1)


def test_no_rule_names_a_class_that_the_page_does_not_have(parsed: Page) -> None:
    used = {name for _, a, _ in parsed.tags for name in a.get("class", "").split()}
    named = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"[\d.]+(?:rem|em|px|pt)|#[0-9a-f]+", "", STYLE)))
    assert named - used <= {"s3"}  # a fourth kind of line is drawn in some pictures only
