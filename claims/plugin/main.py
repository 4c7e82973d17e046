"""A run that asks for claims: set up before collection, one test a claim and setting, and what a
judged claim adds to its test's report.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import claims
from claims.evidence import NOT_ASKED
from claims.plugin.cases import parametrize
from claims.plugin.fixtures import CHECK, EVIDENCE, RUN
from claims.plugin.fresh_store import FreshStore, sent_store
from claims.plugin.options import RunError, collected_paths
from claims.plugin.ray import Cluster, make_executor
from claims.plugin.setup import make_report_options, make_run
from claims.plugin.workers import is_worker, share_cores
from claims.run import Run
from claims.schema.problems import ClaimFileError

if TYPE_CHECKING:
    from claims.report.published import ReportOptions

PACKAGE = Path(claims.__file__).parent
HYPOTHESIS = "hypothesispytest"  # the name by which its pytest plugin is registered
JUNIT_PROPERTIES = ("verdict", "expected", "estimate", "low", "high", "n_seeds", "setting")


def set_up(config: pytest.Config) -> None:
    """Make the run that the options describe, and register the plugins that do its parts. Raises
    UsageError for what is wrong with the options or the claim file.
    """
    _leave_out_hypothesis(config)
    share_cores(config)
    try:
        executor = make_executor(config)
        run = make_run(config, executor=executor, store=_store_of_its_own(config))
        report_options = None if is_worker(config) else make_report_options(config, run)
    except (ClaimFileError, RunError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run
    register = config.pluginmanager.register
    register(ClaimsPlugin(run), "claims-main")
    if executor is not None:
        register(Cluster(config, run, executor), "claims-cluster")
    if config.option.claims_check_false_positives:
        config.addinivalue_line("python_functions", "false_positives")
    if config.option.claims_variants:
        from claims.plugin.variants import VariantsPlugin

        register(VariantsPlugin(config, run), "claims-variants")
    for tag in sorted({tag for claim in run.suite.claims for tag in claim.tags}):
        config.addinivalue_line("markers", f"{tag}: claims tagged {tag}")
    if report_options is not None:
        _set_up_reports(config, run, report_options)


def _store_of_its_own(config: pytest.Config) -> Path | None:
    """With `--claims-fresh`, the folder of this run's store, made by the process in charge."""
    if is_worker(config) or not config.option.claims_fresh:
        return sent_store(config)
    fresh = FreshStore()
    config.pluginmanager.register(fresh, "claims-fresh-store")
    return fresh.folder


def _set_up_reports(config: pytest.Config, run: Run, options: ReportOptions) -> None:
    """What the process in charge does besides: the reports, and the store's lifetime."""
    from claims.plugin.reporter import ClaimsReporter
    from claims.plugin.store_lifetime import StoreLifetime

    register = config.pluginmanager.register
    register(ClaimsReporter(config, run, options), "claims-reporter")
    register(StoreLifetime(config, run), "claims-store-lifetime")
    if config.option.claims_variants:
        from claims.plugin.variants import VariantsReporter

        reporter = VariantsReporter(config, run, options.folder)
        register(reporter, "claims-variants-reporter")


def _leave_out_hypothesis(config: pytest.Config) -> None:
    """Hypothesis's plugin imports all of Hypothesis for its part of the summary, a second of every
    run; where all that is collected lies in this package, no test uses it.
    """
    alone = all(path == PACKAGE or PACKAGE in path.parents for path in collected_paths(config))
    if alone and config.pluginmanager.has_plugin(HYPOTHESIS):
        config.pluginmanager.unregister(name=HYPOTHESIS)


class ClaimsPlugin:
    """In every process: the tests' cases, and what their evidence adds to their reports."""

    def __init__(self, run: Run):
        self.run = run

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        parametrize(metafunc, self.run)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        if call.when != "call":
            return report
        # plain JSON: it crosses from the worker
        if EVIDENCE in item.stash:
            report.claim_evidence = found = item.stash[EVIDENCE].to_json()
            item.user_properties[:] = report.user_properties = [
                (name, found[name]) for name in JUNIT_PROPERTIES
            ]
        if CHECK in item.stash:
            report.claim_check = item.stash[CHECK].to_json()
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport):
        evidence = getattr(report, "claim_evidence", None)
        if evidence and evidence["outcome"] == NOT_ASKED:
            return "not asked", "n", "NOT ASKED"
        return None
