"""One test a claim and setting."""

from tests.support.coin import GOOD


def test_settings_are_judged_side_by_side(suite):
    result = suite(
        GOOD, "--claims-setting=first", "--claims-setting=shifted", "-k", "ordered", "-v"
    )
    result.assert_outcomes(passed=2, deselected=4)
    result.stdout.fnmatch_lines(["*test_claim?ordered? *", "*test_claim?ordered@shifted? *"])
    assert set(result.claims) == {"ordered@first", "ordered@shifted"} and result.file["partial"]


def test_fixtures_called_claim_and_setting_are_not_touched(foreign, lab, write):
    lab()
    write(
        {
            "test_paper.py": """
                import pytest
                from claims.test_claims import test_claim

                @pytest.fixture
                def claim(): return 1

                @pytest.fixture
                def setting(): return 2

                def test_own(claim, setting): assert claim + setting == 3
                """
        }
    )
    foreign("--claims-file=claims.yaml").assert_outcomes(passed=3)
