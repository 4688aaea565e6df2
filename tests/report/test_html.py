"""What the page says, to whom it gives no way in, and how long it gets."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.report import view
from stillwatch.report.html import prose, render_html
from stillwatch.report.result import Result, load_result
from tests.report.sample_scan import SAMPLES, SCAN, many, write_scan
from tests.report.test_structure import Page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "abc\u202egnp.exe",
    "zero\u200bwidth\x1b[31m\x00",
    "حساب-٧",
    "账户" * 400,
    "x" * 100_000,
)
BYTES = 3_000_000
"""A page longer than this is slow to open where it is needed most."""


def _text(page: str) -> str:
    """Return what a reader sees, spaces and line ends as one space."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<body>") :])).split())


def test_the_same_result_gives_the_same_page(sample_folder: Path, page: str) -> None:
    assert render_html(load_result(sample_folder)) == page


def test_campaigns_stand_before_the_cleared_and_these_before_the_run(page: str) -> None:
    names = ("campaigns", "g-c-7f31d0a2", "g-c-62d8817b", "cleared", "unseen", "run")
    places = [page.index(f'id="{name}"') for name in names]
    assert places == sorted(places)


def test_every_campaign_has_every_part(page: str) -> None:
    for sample in SAMPLES[:4]:
        part = page[page.index(f'id="g-{sample.group_id}"') :].split("</section>")[0]
        heads = re.findall(r"<h3[^>]*>(.*?)</h3>", part)
        assert heads == [
            "Timeline", "Evidence in bits", "What else it could be", "What is not known", "Who shares what", "Members",
            "Exhibits",
        ]  # fmt: skip


def test_observed_computed_assessed_and_unknown_are_kept_apart(page: str) -> None:
    campaign = page[page.index('id="g-c-7f31d0a2"') :]
    facts = dict(re.findall(r"<dt>(\w+)</dt><dd>(.*?)</dd>", campaign.replace("\n", " "))[:4])
    assert list(facts) == ["Observed", "Computed", "Assessed", "Unknown"]
    assert "300 accounts, 163,812 exchanges, 26.1 per account and day" in facts["Observed"]
    assert "bits" not in facts["Observed"]
    assert "+50.6" in facts["Computed"]
    assert facts["Assessed"].startswith("Distillation campaign.")
    assert "Who operates the accounts" in facts["Unknown"]


def test_a_group_that_was_tested_without_some_of_its_members_says_so(page: str) -> None:
    assert _text(page).count("The evidence below was tested on 92 accounts;") == 1


def test_evidence_is_shown_with_bits_family_and_statement(page: str) -> None:
    text = _text(page)
    assert (
        "E4 Shared scaffold 288 of 300 accounts use one head text out of habit, and 3 of 20,012 others do. content"
        in text
    )
    assert "Coordination: is it one operator? Sum +50.6" in text


def test_counter_evidence_is_shown_with_its_sign(page: str) -> None:
    relay = _text(f"<body>{page[page.index('Pooled access. ') :]}")
    assert "−4.2 E17 29.4 % of a member's exchanges follow up on an earlier one" in relay


def test_no_evidence_is_not_shown_as_a_test_without_result(page: str) -> None:
    first = page[page.index('id="g-c-7f31d0a2"') : page.index('id="g-c-19be44c7"')]
    assert "same list" not in _text(f"<body>{first.split('What is not known')[0]}").lower()
    assert "Same list (content): Too few prompts." in _text(f"<body>{first}")


def test_innocent_causes_of_the_strongest_evidence_are_named(page: str) -> None:
    assert "Signup burst A course, a hackathon, a single-sign-on roll-out, a mention in the news." in _text(page)


def test_what_could_not_run_is_named_with_its_columns(page: str) -> None:
    text = _text(page)
    assert "Displaced reasoning relay No values in signatures_issued . signatures_issued , signatures_presented" in text


def test_cleared_groups_have_their_reasons(page: str) -> None:
    text = _text(page)
    for sample in SAMPLES[4:]:
        assert f"{sample.reason[:1].upper()}{sample.reason[1:]}." in text


def test_the_run_says_what_was_read_and_what_was_not(page: str) -> None:
    text = _text(page)
    assert "Rows read 1,204,611" in text
    assert "exchange_id seen before 402 logs/2026-07-04.jsonl.zst:18211" in text
    assert SCAN["ledger"]["digest"] in text


def test_each_exhibit_has_its_query_folded_away(page: str) -> None:
    first = page[page.index('id="g-c-7f31d0a2"') : page.index('id="g-c-19be44c7"')]
    folds = re.findall(r"<details id=.*?</details>", first, re.DOTALL)
    assert len(folds) == 19
    assert all("groups.campaign_id = &#39;c-7f31d0a2&#39;" in fold for fold in folds)
    assert "<details open" not in page


def test_members_without_evidence_of_their_own_are_shown_beside_the_core(sample: Result) -> None:
    shown = view.sheets(sample)[0]
    standing = [m.core for m in shown.members]
    assert standing == [True] * 30 + [False] * 10
    assert shown.rest == 260


def test_a_long_list_says_how_much_is_left_out_and_where_it_is(page: str) -> None:
    assert "260 more accounts of the group are not shown. All are in members.parquet" in _text(page)


def test_a_score_that_is_not_the_sum_of_its_evidence_is_told(tmp_path: Path) -> None:
    out = write_scan(tmp_path, SAMPLES[:1])
    path = out / "campaigns.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, table.schema.field(2), pa.array([77.0])), path)
    text = _text(render_html(load_result(out)))
    assert "The score for coordination in campaigns.parquet is +77.0 bits and not the sum of these rows" in text


def _hostile(out: Path) -> Result:
    """Return a scan in which every text that somebody could choose is hostile."""
    text = HOSTILE[0] + HOSTILE[1]
    spoken = replace(
        SAMPLES[0], group_id=f"c-{HOSTILE[1]}", ids=HOSTILE, summary=text, core=0.01, links=900,
        silent={"same_list": f"the client `{text}`", "dealt_out": "`" + "y" * 50_000 + "`"},
    )  # fmt: skip
    cleared = replace(SAMPLES[4], reason=text, summary=text)
    scan = dict(SCAN) | {
        "skipped": [{"reason": text, "count": 1, "first": text}], "parameters": {text: [text], "deep": {text: text}},
        "could_not_run": [{"evidence": text, "family": text, "reason": text, "columns": [text]}],
        "versions": {text: text}, "timings": {text: 1.0}, "proposals": {text: 1}, "stillwatch": text,
    }  # fmt: skip
    return load_result(write_scan(out, [spoken, cleared], scan))


def test_no_text_becomes_a_tag_or_an_attribute(tmp_path: Path) -> None:
    page = render_html(_hostile(tmp_path))
    parsed = Page(page)
    assert parsed.open == []
    assert not parsed.all("script", "img")
    assert not [name for _, a, _ in parsed.tags for name in a if name.startswith("on")]
    assert "<script>alert(1)</script>" in unescape(page)
    assert "{{ 7 * 7 }}" in unescape(page)


def test_text_that_hides_or_reorders_is_made_visible_and_set_apart(tmp_path: Path) -> None:
    page = render_html(_hostile(tmp_path))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0e-\x1f]", page)
    assert "<bdi>abc\\u{202E}gnp.exe</bdi>" in page
    assert "<bdi>حساب-٧</bdi>" in page


def test_long_text_does_not_take_the_page(tmp_path: Path) -> None:
    page = render_html(_hostile(tmp_path))
    assert max(map(len, re.findall(r">([^<]+)", page[page.index("<body>") :]))) < 1_000
    assert len(page) < 200_000


def test_a_value_in_a_statement_is_set_apart_and_escaped() -> None:
    assert prose("as `<b>` does") == "As <code><bdi>&lt;b&gt;</bdi></code> does."
    assert prose("one ` alone <i>") == "One ` alone &lt;i&gt;."


def test_nothing_found_reads_as_nothing_found(tmp_path: Path) -> None:
    text = _text(render_html(load_result(write_scan(tmp_path, SAMPLES[4:]))))
    assert "No campaign found." in text
    assert "4 groups of accounts were tested; none is accused." in text
    assert "not about everything that happens" in text


def test_a_scan_that_says_next_to_nothing_still_has_a_page(tmp_path: Path) -> None:
    text = _text(render_html(load_result(write_scan(tmp_path, (), {"format": 1}))))
    assert "0 groups of accounts were tested" in text
    assert "Every kind of evidence could be had from this ledger." in text
    assert "None: every row was used." in text


def test_a_campaign_without_timeline_links_or_evidence_still_has_a_section(tmp_path: Path) -> None:
    out = write_scan(tmp_path, SAMPLES[:1])
    for name in ("timeline", "links"):
        (out / f"{name}.parquet").unlink()
    path = out / "evidence.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    text = _text(render_html(load_result(out)))
    assert "The scan left no timeline of this group" in text
    assert "The scan left no tested evidence for this group." in text
    assert "The scan left no list of shared marks" in text


@pytest.fixture(scope="module")
def long_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    samples = [*many(60, 25_000), *(replace(SAMPLES[4], group_id=f"g-{i}") for i in range(80))]
    return render_html(load_result(write_scan(tmp_path_factory.mktemp("long"), samples)))


def test_sixty_campaigns_with_25_000_accounts_stay_small(long_page: str) -> None:
    assert len(long_page.encode()) < BYTES
    assert long_page.count('<section class="campaign"') == 60


def test_a_long_page_says_a_query_once(long_page: str) -> None:
    assert long_page.count("groups.campaign_id = :group") == 20
    assert "with <code>'big-007'</code> for <code>:group</code>" in unescape(long_page)
