"""Numbers of seeds in a claim file: schedules and the confidence that they can give."""

from __future__ import annotations

import pytest

from claims.schema import load_suite
from tests.support.claim_files import GOOD, assert_one_located_screen, claim, entry, malformed

ENTRIES = {
    "schedule backwards": (GOOD + "seeds: {start: 8, step: 8, max: 4}", "below `start`"),
    "confidence beyond inference": (GOOD + "confidence: 0.99999", "cannot be had"),
    "too many looks": (
        GOOD + "seeds: {start: 6, step: 1, max: 3000}",
        "looks 2995 times; at most 20",
    ),
    "a million looks": (GOOD + "seeds: {start: 6, step: 1, max: 1000000}", "at most 20"),
    "confidence over looks": (
        GOOD + "confidence: 0.9999\nseeds: {start: 10, step: 10, max: 100}",
        "over 10 looks cannot be had",
    ),
}
FILES = {
    "seeds in no setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {mian: 8}}\nclaims:"
        ),
        "did you mean `main`",
    ),
    "looks that go backwards in a setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {main: {start: 8, step: 2, max: 4}}}\nclaims:"
        ),
        "is below `start`",
    ),
    "confidence that a setting cannot give": (
        claim("dL(vec, epoch=5) < 0", "    confidence: 0.999999\n").replace(
            "claims:", "defaults: {seeds_in: {main: {start: 8, step: 8, max: 80}}}\nclaims:"
        ),
        "cannot be had",
    ),
    "defaults backwards": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: {start: 8, step: 8, max: 4}}\n",
        "below `start`",
    ),
    "defaults look too often": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: {start: 8, step: 1, max: 40}}\n",
        "`step: 2` or more",
    ),
}
CASES = [*malformed(ENTRIES, entry), *malformed(FILES)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


@pytest.mark.parametrize(
    ("seeds", "confidence"),
    [
        (16, 0.9999),
        ("{start: 8, step: 8, max: 160}", 0.95),
        ("{start: 16, step: 16, max: 64}", 0.999),
    ],
)
def test_what_inference_can_reach_is_accepted(write, seeds, confidence):
    assert (
        load_suite(write(entry(GOOD + f"seeds: {seeds}\nconfidence: {confidence}")))
        .claims[0]
        .confidence
        == confidence
    )
