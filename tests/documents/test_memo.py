"""This repository's claim file has memo 7A's claims and its table."""

from __future__ import annotations

import pytest

from claims.schema import Question, load_suite
from tests.support import ROOT

EXPRESSIONS = {
    "vec-lowers-heldout-early": "dL_held(vec, epoch=5) < 0",
    "oracle-lowers-heldout-early": "dL_held(oracle, epoch=5) < 0",
    "dfa-raises-heldout-early": "dL_held(dfa, epoch=5) > 0",
    "credit-quality-orders-heldout": (
        "dL_held(oracle, epoch=5) < dL_held(vec, epoch=5) < dL_held(dfa, epoch=5)"
    ),
    "vec-transfers-seventy-percent": "approx(PUR(vec, epoch=5), 0.7, within=0.15)",
    "oracle-transfers-fully": "PUR(oracle, epoch=5) > 1",
    "early-beats-late": "dL_held(vec, epoch=5) < dL_held(vec, epoch=late)",
    "transfer-fades": "PUR(vec, epoch=5) > PUR(vec, epoch=late)",
    "window-closes": "dL_held(credit, epoch=late) > 0.2 * dL_held(oracle, epoch=5)",
    "vec-transfer-turns-negative": "PUR(vec, epoch=late) < 0",
    "vec-variance-far-below-dfa": (
        "update_variance(vec, epoch=e) << update_variance(dfa, epoch=e), by 10"
    ),
    "oracle-variance-far-below-dfa": (
        "update_variance(oracle, epoch=e) << update_variance(dfa, epoch=e), by 10"
    ),
    "variance-gap-is-fifty-fold": (
        "approx(update_variance(dfa, epoch=e) / update_variance(vec, epoch=e), 50, factor=2)"
    ),
    "better-credit-is-more-consistent": (
        "noise_to_signal(credit, epoch=e) < noise_to_signal(dfa, epoch=e)"
    ),
    "dfa-never-improves-heldout": "never dL_held(dfa, epoch=e) < 0, margin 0.0005",
    "dfa-never-transfers": "never dL_held(dfa, epoch=e) < 0.1 * dL_held(oracle, epoch=e)",
    "dfa-sometimes-lowers-same-batch": "0.05 < descent_rate(dfa, epoch=e) < 0.95",
    "same-batch-exploitable": "dL_same(vec, epoch=e) < 0",
    "accuracy-grows": "accuracy(epoch=5) < accuracy(epoch=20) < accuracy(epoch=100)",
    "late-takeover-fails": (
        "accuracy(takeover=20, epoch=40) < accuracy(takeover=never, epoch=40) + 0.01"
    ),
    "vec-from-the-start-wins": (
        "accuracy(takeover=0, epoch=40) > accuracy(takeover=other, epoch=40)"
    ),
    "shorter-warmup-is-better": (
        "accuracy(takeover=0, epoch=10) > accuracy(takeover=other, epoch=10)"
    ),
    "averaging-does-not-reopen": "dL_held_averaged(vec, epoch=20) > 0.2 * dL_held(oracle, epoch=5)",
}
EPOCHS, LATE = {"e": (5, 20, 100)}, {"late": (20, 100)}
VARIABLES = {
    "early-beats-late": LATE,
    "transfer-fades": LATE,
    "window-closes": {"credit": ("dfa", "vec", "oracle"), **LATE},
    "vec-transfer-turns-negative": LATE,
    "better-credit-is-more-consistent": {"credit": ("vec", "oracle"), **EPOCHS},
    "vec-from-the-start-wins": {"other": ("never", 20)},
    "shorter-warmup-is-better": {"other": (1, 5, "never")},
    **dict.fromkeys(
        (
            "vec-variance-far-below-dfa",
            "oracle-variance-far-below-dfa",
            "variance-gap-is-fifty-fold",
            "dfa-never-improves-heldout",
            "dfa-never-transfers",
            "dfa-sometimes-lowers-same-batch",
            "same-batch-exploitable",
        ),
        EPOCHS,
    ),
}


@pytest.fixture(scope="module")
def memo():
    return load_suite(ROOT / "claims.yaml")


def test_every_claim_of_the_memo_is_an_entry(memo):
    claims = {
        claim.id: claim
        for claim in memo.claims
        if claim.memo == "7A" and "control" not in claim.tags
    }
    assert {
        name: claim.expression.split(", for every")[0] for name, claim in claims.items()
    } == EXPRESSIONS
    assert {
        name: {k: tuple(v) for k, v in claim.for_every.items()}
        for name, claim in claims.items()
        if claim.for_every
    } == VARIABLES
    assert all(claim.where and claim.says for claim in claims.values())


def test_every_claim_can_be_asked_of_digits(memo):
    for claim in memo.claims:
        if "digits" in claim.spec.settings:
            assert isinstance(claim.ask("digits"), Question), claim.id


def test_what_is_expected_otherwise_than_supported_has_a_note(memo):
    for claim in memo.claims:
        words = (
            [claim.expected] if isinstance(claim.expected, str) else list(claim.expected.values())
        )
        assert claim.note or words == ["supported"] * len(words), claim.id


def test_the_memos_table_is_reported(memo):
    table = {figure.expression: figure.value for figure in memo.memos["7A"].reported}
    assert table == {
        "accuracy(epoch=5)": 0.49,
        "accuracy(epoch=20)": 0.57,
        "accuracy(epoch=100)": 0.62,
        "dL_held(dfa, epoch=5)": 0.003,
        "dL_held(dfa, epoch=20)": 0.001,
        "dL_held(dfa, epoch=100)": 0.0,
        "dL_held(vec, epoch=5)": -0.005,
        "dL_held(vec, epoch=20)": 0.002,
        "dL_held(vec, epoch=100)": 0.001,
        "dL_held(oracle, epoch=5)": -0.009,
        "dL_held(oracle, epoch=20)": 0.0,
        "dL_held(oracle, epoch=100)": -0.001,
        "PUR(vec, epoch=5)": 0.70,
        "PUR(vec, epoch=20)": -3.87,
        "PUR(vec, epoch=100)": -1.01,
        "PUR(oracle, epoch=5)": 1.05,
    }
    for figure in memo.memos["7A"].reported:
        asked = figure.ask("digits")
        assert len(asked.atoms) == 1
        assert len(asked.terms) == (2 if figure.expression.startswith("PUR") else 1)


def test_the_margin_of_never(memo):
    claim = next(claim for claim in memo.claims if claim.id == "dfa-never-improves-heldout")
    assert {(atom.lower, atom.upper) for atom in claim.ask("digits").atoms} == {
        (-0.0005, float("inf"))
    }
