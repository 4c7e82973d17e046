"""The fixtures that the plugin brings, in tests of one's own."""

import pytest

from tests.support.foreign import CLAIMS_TEST


def test_a_test_of_ones_own_is_given_the_evidence(foreign, lab, write):
    lab()
    write(
        {
            "test_paper.py": """
                def test_paper(claims_case, claims_judge):
                    evidence = claims_judge(claims_case)
                    assert evidence.id == claims_case.claim.id and evidence.n_seeds == 10
                """
        }
    )
    foreign("--claims-file=claims.yaml").assert_outcomes(passed=2)


def test_the_run_is_at_hand(foreign, lab, write):
    lab()
    write(
        {
            "test_paper.py": """
                def test_suite(claims_run):
                    assert [claim.id for claim in claims_run.suite.claims] == ["ordered", "wrong"]
                """
        }
    )
    foreign("--claims-file=claims.yaml", "--claims-seed-base=3").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "test",
    [CLAIMS_TEST, "def test_suite(claims_run):\n    pass\n"],
    ids=["claims_case", "claims_run"],
)
def test_where_no_claim_file_is_asked_for_the_remedy_is_said(foreign, lab, write, test):
    lab()
    write({"test_paper.py": test})
    result = foreign()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*this run asks for no claim file; name one with --claims-file=F*"]
    )
