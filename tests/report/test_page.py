"""The page in a real browser: it renders in light, dark, on a phone and on paper, asks nobody for
anything, and text stays text.

Without a Chromium they are skipped with that reason at a desk (`apt-get install chromium` has one),
and fail in CI.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace

import numpy as np
import pytest

from claims.comparison.drift import compare
from claims.report.page import page
from claims.report.picture import chromium, find_chromium
from tests.support.results import CLAIMS, draw, judged

HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)> & \"quoted\" "
    "</style></svg>"
)


@pytest.fixture(scope="module")
def browser():
    executable = find_chromium()
    if executable is None and os.environ.get("CI"):
        pytest.fail("CI is to have a browser: apt-get install chromium")
    if executable is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with chromium(executable) as browser:
        yield browser


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    claims = (
        CLAIMS + "  gone: {memo: M, where: nowhere, says: Nobody measured it., expect: loss(a) > "
        "1.02, expected: supported}\n"
    )
    found = judged(folder, draw(np.random.default_rng(1)), claims=claims)
    hostile = replace(
        found.claims[0], id="below", says=HOSTILE, where=HOSTILE, note=HOSTILE, expression=HOSTILE
    )
    return replace(found, claims=(hostile, *found.claims[1:]))


@pytest.fixture
def opened(browser, result, tmp_path):
    """`opened(text, **context)`: the page in the browser; `.problems` lists console errors,
    `.requests` what it asked for.
    """
    contexts = []

    def open_page(text=None, **options):
        path = tmp_path / "claims.html"
        path.write_text(text or page(result), encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        sheet = context.new_page()
        sheet.problems, sheet.requests = [], []
        sheet.on("console", lambda message: sheet.problems.append(message.text))
        sheet.on("pageerror", lambda error: sheet.problems.append(str(error)))
        sheet.on("dialog", lambda dialog: (sheet.problems.append("dialog"), dialog.dismiss()))
        sheet.on("request", lambda request: sheet.requests.append(request.url))
        sheet.goto(path.as_uri())
        return sheet

    yield open_page
    for context in contexts:
        context.close()


def test_it_renders_without_a_complaint_and_asks_nobody(opened):
    sheet = opened()
    assert sheet.problems == []
    assert [url for url in sheet.requests if not url.startswith(("file:", "data:"))] == []
    assert sheet.locator("section.claim").count() == 6
    assert sheet.locator("ul.forest svg circle").count() == 6
    assert sheet.locator("section.claim figure svg").count() == 6
    assert sheet.get_by_text("✓ supported").first.is_visible()


def test_text_in_a_claim_stays_text(opened):
    sheet = opened()
    assert "taken" not in sheet.title() and sheet.locator("main img, main script").count() == 0
    assert sheet.locator("section.claim .says").first.inner_text() == HOSTILE
    assert "dialog" not in sheet.problems


def test_every_link_on_the_page_leads_somewhere_and_ids_are_unique(opened):
    sheet = opened(reduced_motion="reduce")
    links = sheet.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    ids = sheet.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert links and {link[1:] for link in links} <= set(ids) and len(ids) == len(set(ids))
    sheet.locator("ul.forest a").nth(3).click()
    assert sheet.url.endswith("#near")
    assert abs(sheet.locator("#near").bounding_box()["y"]) < 400


@pytest.mark.parametrize("width", [320, 390, 768, 1400])
def test_nothing_is_wider_than_the_screen(opened, width):
    sheet = opened(viewport={"width": width, "height": 800})
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    clipped = sheet.eval_on_selector_all(
        "ul.forest .figures, ul.forest .name, .tiles span, .scroll:has(table.memo)",
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && "
        "getComputedStyle(e).display != 'inline').length",
    )
    assert clipped == 0


LUMINANCE = """(color) => { const p = color.match(/[\\d.]+/g).slice(0, 3).map(
    v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
                return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2] }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_light_and_dark(opened, scheme):
    """WCAG AA: a contrast of 4.5 between text and what it stands on."""
    sheet = opened(color_scheme=scheme)
    light = {
        name: sheet.evaluate(
            f"(s) => ({LUMINANCE})(getComputedStyle(document.querySelector(s)).{what})", selector
        )
        for name, selector, what in [
            ("paper", "body", "backgroundColor"),
            ("ink", "body", "color"),
            ("card", "section.claim", "backgroundColor"),
            ("muted", ".facts dt", "color"),
            ("yes", ".claim.yes .word", "color"),
            ("no", ".claim.no .word", "color"),
            ("open", ".claim.open .word", "color"),
            ("link", "main a", "color"),
        ]
    }
    assert (light["paper"] > 0.5) == (scheme == "light")
    for name in ("muted", "yes", "no", "open", "ink"):
        brighter, darker = sorted((light[name], light["card"]), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5, name


def test_it_prints_in_black_on_white_whatever_the_screen(opened):
    sheet = opened(color_scheme="dark")
    sheet.emulate_media(media="print")
    assert sheet.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert sheet.pdf(format="A4")[:5] == b"%PDF-"


def test_the_comparison_and_a_partial_run_are_told(opened, result, tmp_path):
    new = judged(tmp_path / "new", draw(np.random.default_rng(2), a=1.4), first_seed=100, keep=3)
    sheet = opened(page(new, compare(result, new)))
    assert "Partial" in sheet.locator(".banner").first.inner_text()
    assert "3 of 5 claims" in sheet.locator(".banner").first.inner_text()
    assert "the effect shrank" in sheet.locator("main").inner_text() and sheet.problems == []


def test_details_unfold_without_script(opened):
    sheet = opened()
    details = sheet.locator("#ordered details").first
    details.locator("summary").click()
    assert details.locator("table").is_visible() and "loss(rule=a)" in details.inner_text()


def test_the_same_result_makes_the_same_page(result):
    assert page(result) == page(result)
    assert not re.search(r"https?://(?!www\.w3\.org)", page(result))


def test_the_rates_of_false_positives_stand_beside_the_figures(result):
    rates = {"false_positive_rate": 0.025, "false_positive_rate_skewed": 0.175}
    text = page(replace(result, claims=(replace(result.claims[0], **rates),)))
    assert "<dt>false positive rate</dt><dd>2.5 % (17.5 % skewed)</dd>" in text
