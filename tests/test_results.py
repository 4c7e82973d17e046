"""The results of a run: Holm's correction, the commands, and whether all was judged."""

import numpy as np
import pytest

from claims.evidence import Evidence
from claims.results import results_of, with_holm
from tests.support.results import draw, recorded_run


def evidence(name, p_value, memo="M", setting="s"):
    return Evidence(name, setting, "lab", "loss(a) < 2", memo=memo, p_value=p_value)


def test_holm_corrects_over_the_claims_of_one_memo_in_one_setting():
    found = with_holm(
        [
            evidence("a", 0.01),
            evidence("b", 0.04, memo="N"),
            evidence("c", 0.03),
            evidence("d", 0.02, setting="t"),
        ]
    )
    assert [e.id for e in found] == ["a", "b", "c", "d"]
    assert [e.p_holm for e in found] == pytest.approx([0.02, 0.04, 0.03, 0.02])


def test_a_claim_without_a_p_value_counts_in_no_correction():
    first, second = with_holm([evidence("a", 0.01), evidence("b", None)])
    assert first.p_holm == 0.01 and second.p_holm is None


def test_a_run_that_judged_fewer_than_asked_is_partial(tmp_path):
    run = recorded_run(tmp_path, draw(np.random.default_rng(1)))
    found = [run.judge(claim, setting) for claim, setting in run.cases()]
    assert not results_of(run, found, asked=5).partial
    part = results_of(run, found[:2], asked=5)
    assert part.partial and [e.id for e in part.evidence] == ["below", "ordered"]
    command = part.evidence[0].rerun
    assert command.startswith("pytest --pyargs 'claims.test_claims::test_claim[below]'")
    assert part.environment["claims_file"] == "claims.yaml"
