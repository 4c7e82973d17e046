"""What a verdict depends on: the summary of a claim and the effect of a choice."""

import pytest

from claims.comparison.sensitivity import (
    ChoiceEffect,
    DecisiveChoice,
    Share,
    VariantsTable,
    VerdictChange,
    choice_effects,
    sensitivity,
    verdict_change,
)
from claims.variants import VariantRow
from tests.support.variants import VARIANTS

WORDS = {"s": "supported", "r": "refuted", "i": "inconclusive", "e": "error", "-": None}


@pytest.mark.parametrize(
    ("written", "other", "became"),
    [
        ("supported", "supported", "same"),
        ("supported", "refuted", "reversed"),
        ("refuted", "supported", "reversed"),
        ("refuted", "inconclusive", "undecided"),
        ("inconclusive", "refuted", "decided"),
        ("supported", "error", "not measurable"),
        ("inconclusive", "error", "not measurable"),
        ("error", "error", "same"),
        ("error", "supported", "decided"),
        ("supported", None, "not asked"),
        (None, "supported", "not asked"),
    ],
)
def test_how_a_verdict_differs(written, other, became):
    assert verdict_change(written, other) == became


def table(**verdicts):
    """The table of `verdicts`: a letter for each variant, a dot where it was not judged."""
    rows = {
        name.replace("_", "-"): tuple(
            None
            if letter == "."
            else VariantRow(
                name, WORDS[letter], estimate=float(i), low=i - 0.5, high=i + 0.5, lower=1.0
            )
            for i, letter in enumerate(letters)
        )
        for name, letters in verdicts.items()
    }
    return VariantsTable("lab", "first", VARIANTS, rows)


@pytest.mark.parametrize(
    ("letters", "sentence"),
    [
        ("sssssss", "supported in every variant"),
        ("rrrrrrr", "refuted in every variant"),
        ("srsssss", "reversed by rule (b: refuted); combinations: 3 the same"),
        ("ssiisis", "undecided with rule (c), step (2); combinations: 2 the same, 1 undecided"),
        (
            "srrissr",
            "reversed by rule (b: refuted, c: refuted); undecided with step (2); combinations: "
            "2 the same, 1 reversed",
        ),
        (
            "ssssrie",
            "the same with every choice alone; combinations: 1 reversed, 1 undecided, 1 not "
            "measurable",
        ),
        (
            "iisreee",
            "decided with rule (c: supported), step (2: refuted); combinations: 3 not measurable",
        ),
        ("ssessss", "not measurable with rule (c); combinations: 3 the same"),
        ("s--s...", "supported in all 2 variants that were judged"),
        ("-------", "not asked"),
        (".rrrrrr", "not judged as written"),
    ],
)
def test_what_is_said_of_a_claim(letters, sentence):
    assert sensitivity(table(one=letters), "one").sentence() == sentence


def test_the_summary_of_a_claim():
    found = sensitivity(table(one="srisrei"), "one")
    assert found.verdict == "supported"
    assert found.counts == {"supported": 2, "refuted": 2, "inconclusive": 2, "error": 1}
    assert found.n == 7
    assert found.decisive_choices == (
        DecisiveChoice("rule", "b", "refuted", VerdictChange.REVERSED),
        DecisiveChoice("rule", "c", "inconclusive", VerdictChange.UNDECIDED),
    )
    assert found.combinations == {
        VerdictChange.REVERSED: 1,
        VerdictChange.NOT_MEASURABLE: 1,
        VerdictChange.UNDECIDED: 1,
    }
    assert not found.same_everywhere
    by_path = {
        contrast.path: (contrast.with_choice, contrast.without_choice)
        for contrast in found.contrasts
    }
    assert by_path == {
        "rule": (Share(3, 1, 3), Share(0, 0, 0)),
        "step": (Share(2, 1, 2), Share(1, 0, 1)),
        "size": (Share(1, 0, 1), Share(2, 1, 2)),
    }


def test_what_a_choice_does_over_all_claims():
    found = {(e.path, e.value): e for e in choice_effects(table(one="srisrei", other="rrrirr-"))}
    assert set(found) == {("rule", "b"), ("rule", "c"), ("step", 2)}
    assert all(isinstance(e, ChoiceEffect) for e in found.values())
    assert found["rule", "b"].alone == {VerdictChange.REVERSED: 1, VerdictChange.SAME: 1}
    assert found["step", 2].alone == {VerdictChange.SAME: 1, VerdictChange.UNDECIDED: 1}
    assert found["step", 2].contrast.with_choice == Share(4, 1, 2)
    assert found["step", 2].contrast.without_choice == Share(1, 0, 1)
    assert found["rule", "c"].contrast.with_choice == Share(2, 0, 1)
    assert found["rule", "c"].contrast.without_choice == Share(0, 0, 0)
