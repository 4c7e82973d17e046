"""Names, tags, dates and labels of a claim file that are not allowed."""

from __future__ import annotations

import pytest

from tests.support.claim_files import GOOD, HEAD, assert_one_located_screen, claim, entry, malformed

FILES = {
    "id with a blank": (HEAD + "  a claim:\n    expect: dL(vec, epoch=5) < 0\n", "no claim id"),
    "experiment name": (claim("dL(vec, epoch=5) < 0").replace("  lab:", "  my lab:"), "is no name"),
    "memo of no date": (
        claim("dL(vec, epoch=5) < 0").replace("{title: A memo}", "{title: A, date: yesterday}"),
        "is no date",
    ),
}
ENTRIES = {
    "tag with a blank": (GOOD + "tags: [two words]", "no tag"),
    "tag of pytest": (GOOD + "tags: [skip]", "means something to pytest"),
    "tag that is deselected": (GOOD + "tags: [slow]", "means something to pytest"),
    "tag of xdist": (GOOD + "tags: [xdist_group]", "means something to pytest"),
    "tag not": (GOOD + "tags: ['not']", "word of `pytest -m` expressions"),
    "tag and": (GOOD + "tags: [and]", "word of `pytest -m` expressions"),
    "tag None": (GOOD + "tags: ['None']", "word of `pytest -m` expressions"),
    "tag begins with _": (GOOD + "tags: [_a]", "beginning with a letter"),
    "tag twice": (GOOD + "tags: [a, a]", "twice"),
    "variable twice the same": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 5]}", "twice"),
    "variable is a word": (
        "expect: dL(vec, epoch=log) < 0\nfor_every: {log: [5]}",
        "word of the claim language",
    ),
    "variable in look-alikes": (
        "expect: dL(vec, epoch=5) < 0\nfor_every: {\u0435: [5]}",
        "no name",
    ),
    "variable is true": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [true]}", "quote `true`"),
}
CASES = [*malformed(FILES), *malformed(ENTRIES, entry)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)
