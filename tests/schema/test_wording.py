"""Complaints about keys and types of values, in the words of someone who edits the file."""

from __future__ import annotations

import pytest

from tests.support.claim_files import GOOD, HEAD, assert_one_located_screen, claim, entry, malformed

FILES = {
    "another version": (
        claim("dL(vec, epoch=5) < 0").replace("version: 1", "version: 2"),
        "must be 1",
    ),
    "claims are a list": (HEAD + "  - expect: dL(vec, epoch=5) < 0\n", "must be a mapping"),
    "a claim is text": (HEAD + "  one: dL(vec, epoch=5) < 0\n", "must be a mapping"),
    "unknown section": (claim("dL(vec, epoch=5) < 0") + "claim: {}\n", "did you mean `claims`"),
    "comma in a claim in braces": (
        HEAD + "  one: {expect: dL(vec, epoch=5) < 0}\n",
        "quote the expression",
    ),
    "merge key": (entry("<<: {expect: 1}"), "unknown key `<<`"),
    "settings are empty": (
        claim("dL(vec, epoch=5) < 0").replace("{main: {}, other: {}}", "{}"),
        "is empty",
    ),
    "settings are a list": (
        claim("dL(vec, epoch=5) < 0").replace("{main: {}, other: {}}", "[main]"),
        "must be a mapping",
    ),
    "memo without title": (
        claim("dL(vec, epoch=5) < 0").replace("{title: A memo}", "{date: 2026-01-01}"),
        "`title` is missing",
    ),
    "reported text": (
        claim("dL(vec, epoch=5) < 0").replace(
            "{title: A memo}",
            '{title: A, reported: [{expression: "dL(vec, epoch=5)", value: low}]}',
        ),
        "must be a number",
    ),
    "defaults misspelt": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seed: 8}\n",
        "did you mean `seeds`",
    ),
    "defaults of one seed": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: 1}\n",
        "at least 2",
    ),
    "too few seeds in a setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {main: 0}}\nclaims:"
        ),
        "`main` must be at least 2",
    ),
}
ENTRIES = {
    "unknown key": (GOOD + "expects: 1", "did you mean `expect`"),
    "empty expression": ('expect: ""', "is empty"),
    "expression is a number": ("expect: 5", "must be text"),
    "expression is a list": ("expect: [a < b]", "must be text, not a list"),
    "by of one": ("expect: dL(vec, epoch=5) << dL(dfa, epoch=5)\nby: 1", "above 1"),
    "by is text": ("expect: dL(vec, epoch=5) << dL(dfa, epoch=5)\nby: ten", "must be a number"),
    "expected error": (GOOD + "expected: error", "never expected"),
    "expected misspelt": (GOOD + "expected: refutd\nnote: x", "did you mean `refuted`"),
    "expected is a list": (GOOD + "expected: [refuted]", "`expected` must be"),
    "confidence in percent": (GOOD + "confidence: 95", "write 0.95"),
    "confidence is true": (GOOD + "confidence: true", "must be|confidence"),
    "one seed": (GOOD + "seeds: 1", "at least 2"),
    "half a seed": (GOOD + "seeds: 2.5", "whole number"),
    "seeds are text": (GOOD + "seeds: many", "whole number"),
    "schedule without step": (GOOD + "seeds: {start: 8, max: 16}", "`step` is missing"),
    "schedule with a typo": (GOOD + "seeds: {start: 8, step: 8, maxx: 16}", "did you mean `max`"),
    "note of blanks": (GOOD + "expected: refuted\nnote: ' '", "`note` is empty"),
    "expression of blanks": ("expect: '  '", "`expect` is empty"),
    "tags are text": (GOOD + "tags: a", "must be a list"),
    "empty variable": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: []}", "is empty"),
    "variable is no list": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: 5}", "must be a list"),
    "comma in braces": (
        "for_every: {e: dL(vec, epoch=5)}\nexpect: dL(e, epoch=5) < 0",
        "must be a list|quote the expression",
    ),
}
CASES = [*malformed(FILES), *malformed(ENTRIES, entry)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)
