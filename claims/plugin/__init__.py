"""pytest hooks, and nothing else: options, one item a claim and setting, outcomes, and what is
written at the end.

Loaded by the top-level conftest.py, never registered as an installed plugin. A run that does not
collect `claims/` is not touched: a broken claim file cannot disturb `pytest tests/`.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claims.evidence import ERROR, FAILED, INCONCLUSIVE, NOT_ASKED, Evidence, ended
from claims.plugin import ray as cluster
from claims.run import Run, store_root
from claims.schema.problems import ClaimFileError

if TYPE_CHECKING:
    from claims.controls import Control
    from claims.report.publish import Published, ReportOptions

RUN = pytest.StashKey[Run]()
LEDGER = pytest.StashKey["Ledger"]()
HERE = Path(__file__).parent.parent
FRESH = "claims_fresh_store"
HYPOTHESIS = "hypothesispytest"  # the name by which its pytest plugin is registered
JUNIT_PROPERTIES = ("verdict", "expected", "estimate", "low", "high", "n_seeds", "setting")


class InconclusiveWarning(UserWarning):
    """A claim came out inconclusive and `--inconclusive=warn` lets it pass."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("claims", "claims of research memos")
    group.addoption(
        "--claims-file",
        metavar="F",
        help="the claim file (default: claims.yaml beside conftest.py)",
    )
    group.addoption(
        "--setting",
        action="append",
        default=[],
        metavar="S",
        help="judge in this setting; repeatable (default: each experiment's first)",
    )
    group.addoption("--device", default="auto", metavar="D", help="auto, cpu or cuda")
    group.addoption(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="of training's matrix products; probes are always fp32",
    )
    group.addoption(
        "--fresh",
        action="store_true",
        help="train everything anew, in an empty store of this run's own",
    )
    group.addoption(
        "--seed-base",
        type=int,
        default=0,
        metavar="N",
        help="judge on seeds N, N+1, ... (default: 0)",
    )
    group.addoption(
        "--report-dir",
        default="reports",
        metavar="D",
        help="where the result file goes (default: reports/)",
    )
    group.addoption(
        "--baseline",
        metavar="F",
        help="compare with this result file: verdicts that changed, estimates that moved",
    )
    group.addoption(
        "--fail-on",
        choices=("drift",),
        metavar="WHAT",
        help="drift: fail where a claim drifted from the --baseline",
    )
    group.addoption(
        "--history",
        metavar="DIR",
        help="add this run's results to a folder of them, and render the page of their history",
    )
    group.addoption(
        "--controls",
        action="store_true",
        help="also test of every claim that it can fail: judged where it is false, on its own "
        "observations",
    )
    group.addoption(
        "--variants",
        action="store_true",
        help="also judge the claims under every reading of the memo that the claim file's "
        "`variants` states",
    )
    cluster.add_options(group)
    group.addoption(
        "--inconclusive",
        choices=("fail", "warn"),
        default="fail",
        help="what an unexpectedly inconclusive claim does",
    )


def pytest_configure(config: pytest.Config) -> None:
    if not _asks_for_claims(config):
        return
    if _asks_for_nothing_else(config) and config.pluginmanager.has_plugin(HYPOTHESIS):
        # It imports all of Hypothesis for its part of the summary, a second of every run; no test
        # of claims uses Hypothesis.
        config.pluginmanager.unregister(name=HYPOTHESIS)
    from claims.plugin.setup import RunError, make_run, make_wishes, share_cores

    if not hasattr(config, "workerinput") and config.getoption("fresh"):
        setattr(config, FRESH, tempfile.mkdtemp(prefix="claims-fresh-"))
    try:
        share_cores(config)
        run = make_run(config, HERE, fresh_store=_fresh_store(config))
        wishes = None if hasattr(config, "workerinput") else make_wishes(config, run)
    except (ClaimFileError, RunError) as error:
        _remove_fresh(config)
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run
    if run.executor is not None:
        config.pluginmanager.register(cluster.Cluster(config, run), "claims-cluster")
    if config.getoption("controls"):
        config.addinivalue_line("python_functions", "can_fail")
    if config.getoption("variants"):
        from claims.plugin.variants import Rereadings

        config.pluginmanager.register(Rereadings(config, run), "claims-rereadings")
    for tag in sorted({tag for claim in run.suite.claims for tag in claim.tags}):
        config.addinivalue_line("markers", f"{tag}: claims tagged {tag}")
    if wishes is not None:
        config.stash[LEDGER] = Ledger(config, run, wishes)
        config.pluginmanager.register(config.stash[LEDGER], "claims-ledger")
        from claims.plugin.store_lifetime import Overseer

        config.pluginmanager.register(Overseer(config, run), "claims-overseer")
        if config.getoption("variants"):
            from claims.plugin.variants import RereadingLedger

            config.pluginmanager.register(
                RereadingLedger(config, run, wishes.folder), "claims-rereading-ledger"
            )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """xdist: every worker shares the fresh store of the run."""
    node.workerinput[FRESH] = getattr(node.config, FRESH, None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"claim", "setting"} <= set(metafunc.fixturenames) and RUN in metafunc.config.stash:
        cases = []
        for claim, setting in metafunc.config.stash[RUN].cases():
            first = next(iter(claim.spec.settings))
            name = claim.id if setting == first else f"{claim.id}@{setting}"
            cases.append(
                pytest.param(
                    claim, setting, id=name, marks=[getattr(pytest.mark, tag) for tag in claim.tags]
                )
            )
        metafunc.parametrize(("claim", "setting"), cases)


def pytest_unconfigure(config: pytest.Config) -> None:
    _remove_fresh(config)


@pytest.fixture
def judged(request: pytest.FixtureRequest, run: Run) -> Callable[..., Settled]:
    """`judged(claim, setting)`: judge a claim and leave its evidence on the test's report."""

    def judge(claim, setting) -> Settled:
        evidence = run.judge(claim, setting)
        request.node.stash[EVIDENCE] = evidence
        return Settled(evidence, request.config.getoption("inconclusive"))

    return judge


@pytest.fixture
def controlled(request: pytest.FixtureRequest, run: Run) -> Callable[..., Controlled]:
    """`controlled(claim, setting)`: judge a claim where it is false and leave what came out on the
    test's report.
    """

    def control(claim, setting) -> Controlled:
        request.node.stash[CONTROL] = found = run.control(claim, setting)
        return Controlled(found)

    return control


EVIDENCE = pytest.StashKey[Evidence]()
CONTROL = pytest.StashKey["Control"]()


class Settled:
    """Evidence turned into a test's outcome."""

    def __init__(self, evidence: Evidence, inconclusive: str):
        self.evidence, self.inconclusive = evidence, inconclusive

    def settle(self) -> None:
        """Pass, or fail or skip with an explanation."""
        evidence = self.evidence
        if evidence.outcome == NOT_ASKED:
            pytest.skip(evidence.reason)
        if (
            evidence.outcome == FAILED
            and evidence.verdict == INCONCLUSIVE
            and self.inconclusive == "warn"
        ):
            warnings.warn(evidence.explanation(), InconclusiveWarning, stacklevel=2)
        elif evidence.outcome in (FAILED, ERROR):
            pytest.fail(evidence.explanation(), pytrace=False)


class Controlled:
    """A control turned into a test's outcome."""

    def __init__(self, control: Control):
        self.control = control

    def settle(self) -> None:
        """Pass, or fail or skip with the reason."""
        if not self.control.asked:
            pytest.skip(self.control.reason)
        if self.control.error:
            pytest.fail(
                f"whether `{self.control.id}` can fail is not known in setting "
                f"{self.control.setting}: {ended(self.control.reason)}",
                pytrace=False,
            )
        if not self.control.passed:
            pytest.fail(
                f"`{self.control.id}` cannot fail as it should: {self.control.reason}",
                pytrace=False,
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    evidence = item.stash.get(EVIDENCE, None)
    if call.when == "call" and evidence is not None:
        report.claim_evidence = evidence.to_json()  # plain JSON: it crosses from the worker
        item.user_properties[:] = report.user_properties = [
            (k, report.claim_evidence[k]) for k in JUNIT_PROPERTIES
        ]
    control = item.stash.get(CONTROL, None)
    if call.when == "call" and control is not None:
        report.claim_control = control.to_json()
    return report


def pytest_report_teststatus(report: pytest.TestReport):
    evidence = getattr(report, "claim_evidence", None)
    if evidence and evidence["outcome"] == NOT_ASKED:
        return "not asked", "n", "NOT ASKED"
    return None


class Ledger:
    """The controlling process's account of the run: evidence as it comes in, then the summary and
    the result file.
    """

    def __init__(self, config: pytest.Config, run: Run, wishes: ReportOptions):
        self.config, self.run, self.wishes = config, run, wishes
        self.evidence: list[Evidence] = []
        self.false_support: dict[tuple[str, str], dict[str, float | None]] = {}
        self.asked = sum(1 for _ in run.cases())
        self.published: Published | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = getattr(report, "claim_evidence", None)
        if data is not None:
            self.evidence.append(Evidence.from_json(data))
        control = getattr(report, "claim_control", None)
        if control is not None:
            self.false_support[control["id"], control["setting"]] = {
                name: control[name] for name in ("false_support", "false_support_skewed")
            }

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (
            self.config.getoption("collectonly") or not self.evidence
        ):  # where nothing was judged, earlier results stay
            return
        from claims.report.publish import publish
        from claims.results import results_of

        order = {(claim.id, setting): i for i, (claim, setting) in enumerate(self.run.cases())}
        self.evidence.sort(key=lambda e: order[e.id, e.setting])
        self.evidence = [
            replace(e, **self.false_support.get((e.id, e.setting), {})) for e in self.evidence
        ]
        results = results_of(self.run, self.evidence, asked=self.asked)
        self.published = publish(results, self.wishes)
        if self.published.failed_on_drift and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.evidence and self.published:
            from claims.report.false_positives import false_positive_lines
            from claims.report.replication import replication_lines
            from claims.report.terminal import summarize

            summarize(terminalreporter, self.published)
            if self.config.get_verbosity() >= 0:
                lines = replication_lines(self.evidence), false_positive_lines(self.evidence)
                for line in itertools.chain(*lines):
                    terminalreporter.write_line(line)
            if os.environ.get("GITHUB_ACTIONS") == "true":
                from claims.report.github import annotate

                annotate(terminalreporter, self.run.suite, self.published)


def _asks_for_claims(config: pytest.Config) -> bool:
    """Whether the test of claims is among what this run collects."""
    test = HERE / "test_claims.py"
    return any(path == test or path in test.parents for path in _paths(config))


def _asks_for_nothing_else(config: pytest.Config) -> bool:
    """Whether all that this run collects lies in `claims/`."""
    return all(path == HERE or HERE in path.parents for path in _paths(config))


def _paths(config: pytest.Config) -> list[Path]:
    """What this run was asked to collect."""
    named = (Path(str(arg).partition("::")[0]) for arg in config.args)
    return [
        (path if path.is_absolute() else config.invocation_params.dir / path).resolve()
        for path in named
    ]


def _fresh_store(config: pytest.Config) -> Path | None:
    folder = getattr(config, "workerinput", {}).get(FRESH) or getattr(config, FRESH, None)
    return Path(folder) if folder else None


def _remove_fresh(config: pytest.Config) -> None:
    folder = getattr(config, FRESH, None)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["store_root"]
