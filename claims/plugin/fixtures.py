"""The fixtures that the plugin brings, and where they leave what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from claims.plugin.options import FILE_NAME, INI_FILE, TEST_FILE

if TYPE_CHECKING:
    from claims.evidence import Evidence
    from claims.false_positives import FalsePositiveCheck
    from claims.plugin.cases import Case
    from claims.run import Run

RUN = pytest.StashKey["Run"]()  # of the config
EVIDENCE = pytest.StashKey["Evidence"]()  # of the item that judged it
CHECK = pytest.StashKey["FalsePositiveCheck"]()  # likewise
NOT_ASKED = (
    "this run asks for no claim file; name one with --claims-file=F. One that pytest's ini file "
    f"names with `{INI_FILE}` is read where a file {TEST_FILE} is collected, in a folder that was "
    f"named or one directly below it ({FILE_NAME} beside `claims/` is found by itself)"
)


@pytest.fixture(scope="session")
def claims_run(pytestconfig: pytest.Config) -> Run:
    """The run that the options describe: suite, settings, machine, store, seed base."""
    if RUN not in pytestconfig.stash:
        pytest.fail(NOT_ASKED, pytrace=False)
    return pytestconfig.stash[RUN]


@pytest.fixture
def claims_case() -> Case:
    """A claim and the setting it is judged in; a test with this argument is asked for once each."""
    pytest.fail(NOT_ASKED, pytrace=False)  # a run that asks for claims has the cases instead


@pytest.fixture
def claims_judge(request: pytest.FixtureRequest, claims_run: Run) -> Callable[[Case], Evidence]:
    """`claims_judge(claims_case)`: judge a claim, leave its evidence on the test's report, and
    pass, fail or skip the test by it. Returns the evidence where the test passes.
    """
    from claims.plugin.outcomes import apply_outcome

    def judge(case: Case) -> Evidence:
        evidence = claims_run.judge(case.claim, case.setting)
        request.node.stash[EVIDENCE] = evidence
        apply_outcome(evidence, inconclusive=request.config.option.claims_inconclusive)
        return evidence

    return judge


@pytest.fixture
def claims_check(
    request: pytest.FixtureRequest, claims_run: Run
) -> Callable[[Case], FalsePositiveCheck]:
    """`claims_check(claims_case)`: judge a claim where it is false, leave what came out on the
    test's report, and pass, fail or skip the test by it. Returns it where the test passes.
    """
    from claims.plugin.outcomes import apply_check

    def check(case: Case) -> FalsePositiveCheck:
        found = claims_run.check_false_positives(case.claim, case.setting)
        request.node.stash[CHECK] = found
        apply_check(found)
        return found

    return check
