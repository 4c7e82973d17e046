"""Causes of inconclusive claims: each has its code, and the sentence begins with the code's."""

from __future__ import annotations

import numpy as np

from claims.inference import Atom, Cause, Sample, Verdict
from tests.support.decisions import judge


def _log_of_first(means):
    with np.errstate(all="ignore"):
        slope = np.stack([1 / means[..., 0], np.zeros(means.shape[:-1])], axis=-1)
        return np.log(means[..., 0]), slope


def test_every_cause_of_an_inconclusive_claim_has_its_code(linear, ratio, log_ratio):
    rng = np.random.default_rng(0)
    x, near = rng.normal([5, 1], 1, (12, 2)), rng.normal([1, 0.05], 1, (12, 2))
    found = {
        Cause.TOO_FEW: judge(Sample((x[:4],)), [Atom(linear(1, 0), lower=0)]),
        Cause.UNDEFINED: judge(Sample((-x,)), [Atom(_log_of_first, lower=0)]),
        Cause.DEGENERATE: judge(Sample((np.ones((9, 1)),)), [Atom(linear(1), lower=0)]),
        Cause.NOT_POSITIVE: judge(
            Sample((np.abs(near),)), [Atom(linear(1, 0), lower=0, positive=(linear(-1, 0),))]
        ),
        Cause.UNBOUNDED: judge(Sample((near,)), [Atom(ratio, lower=-100, nonzero=(linear(0, 1),))]),
        Cause.UNDECIDED: judge(Sample((x,)), [Atom(linear(1, 0), lower=5)]),
    }
    for cause, decision in found.items():
        assert decision.cause is decision.atoms[0].cause is cause
        assert decision.reason.startswith(cause.sentence)


def test_what_only_correction_leaves_open_has_its_code(linear):
    """An atom that is beyond its threshold by itself, beside nine others that are not."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (12, 10))
    x[:, 0] += -0.75 - x[:, 0].mean()
    d = judge(Sample((x,)), [Atom(linear(*row), lower=0) for row in np.eye(10)])
    first = d.atoms[0]
    assert first.high < 0 and first.verdict is Verdict.INCONCLUSIVE
    assert first.cause is Cause.NOT_AFTER_CORRECTION
    assert first.reason == Cause.NOT_AFTER_CORRECTION.sentence


def test_a_decided_claim_has_no_cause(linear):
    x = np.random.default_rng(0).normal(5, 1, (12, 1))
    for ends in ({"lower": 0}, {"upper": 0}):
        d = judge(Sample((x,)), [Atom(linear(1), **ends)])
        assert (d.cause, d.reason, d.atoms[0].cause, d.atoms[0].reason) == (None, "", None, "")
