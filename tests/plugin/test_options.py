"""Which options there are, and which runs ask for claims."""

import subprocess
import sys

import pytest

from claims.plugin.options import OPTIONS
from tests.support import ROOT
from tests.support.foreign import BROKEN, CLAIMS_TEST, OWN_TEST

HEAVY = ("numpy", "pydantic", "yaml", "xarray", "scipy", "claims.run", "claims.schema")
TELL = f"""
import sys


def pytest_unconfigure():
    print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""


def test_every_option_begins_with_claims():
    assert all(name.startswith("--claims-") for name in OPTIONS)


def test_somebody_elses_options_and_fixtures_stay_theirs(foreign, write):
    write(
        {
            "conftest.py": """
                import pytest

                def pytest_addoption(parser):
                    parser.addoption("--device", default="cpu")
                    parser.addoption("--setting", default="small")

                @pytest.fixture
                def claim(): return 1

                @pytest.fixture
                def setting(request): return request.config.getoption("--setting")
                """,
            "test_own.py": "def test_own(claim, setting): assert (claim, setting) == (1, 'large')",
        }
    )
    foreign("--setting=large").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["tests"], 0), (["tests/test_own.py::test_own"], 0), (["claims"], 4), ([], 4)],
    ids=["tests", "one test", "claims", "everything"],
)
def test_a_broken_claim_file_disturbs_no_run_that_asks_for_no_claims(
    foreign, write, arguments, code
):
    write(
        {
            "claims.yaml": BROKEN,
            "claims/test_claims.py": CLAIMS_TEST,
            "tests/test_own.py": OWN_TEST,
        }
    )
    assert foreign(*arguments).ret == code


@pytest.mark.parametrize(
    "files",
    [
        {"claims/test_claims.py": OWN_TEST},
        {"claims/test_own.py": OWN_TEST, "claims.yaml": BROKEN},
    ],
    ids=["no claim file", "no test of claims"],
)
def test_a_folder_called_claims_asks_for_none_by_itself(foreign, write, files):
    write(files)
    foreign("claims").assert_outcomes(passed=1)


def test_a_claim_file_on_the_command_line_asks_for_claims_wherever_they_are_tested(
    foreign, lab, write
):
    lab("paper")
    write({"checks/test_paper.py": CLAIMS_TEST})
    foreign("checks", "--claims-file=paper/claims.yaml").assert_outcomes(passed=2)


class TestIni:
    @pytest.fixture(autouse=True)
    def repository(self, lab, write):
        lab("paper")
        write(
            {
                "pytest.ini": "[pytest]\nclaims_file = paper/claims.yaml\n",
                "tests/test_claims.py": CLAIMS_TEST,
                "tests/test_own.py": OWN_TEST,
            }
        )

    @pytest.mark.parametrize(
        ("arguments", "passed"),
        [([], 3), (["tests"], 3), (["tests/test_claims.py"], 2), (["tests/test_own.py"], 1)],
        ids=["everything", "folder", "claims", "own test"],
    )
    def test_the_ini_file_names_the_claim_file_from_the_root_folder(
        self, foreign, arguments, passed
    ):
        foreign(*arguments).assert_outcomes(passed=passed)

    def test_it_is_left_alone_where_no_test_of_claims_is_collected(self, foreign, write):
        write({"paper/claims.yaml": BROKEN})
        foreign("tests/test_own.py").assert_outcomes(passed=1)
        assert foreign("tests").ret == pytest.ExitCode.USAGE_ERROR

    def test_the_command_line_names_another(self, foreign, lab):
        lab("other")
        foreign("tests", "--claims-file=other/claims.yaml", "-k", "ordered").assert_outcomes(
            passed=1, deselected=2
        )


def test_importing_the_plugin_takes_no_time():
    code = f"import sys, claims.plugin; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_run_that_asks_for_no_claims_loads_nothing(pytester, write, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    write({"conftest.py": TELL, "test_own.py": OWN_TEST})
    result = pytester.runpytest_subprocess("-p", "claims.plugin", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["loaded: []"])
