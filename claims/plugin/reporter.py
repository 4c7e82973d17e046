"""The evidence of a run in the process in charge: collected, written and summed up."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from claims.evidence import Evidence
from claims.run import Run

if TYPE_CHECKING:
    from claims.report.published import Published, ReportOptions


class ClaimsReporter:
    """Evidence as it comes in from the tests, then the result file, the pages and the summary."""

    def __init__(self, config: pytest.Config, run: Run, options: ReportOptions):
        self.config, self.run, self.options = config, run, options
        self.evidence: list[Evidence] = []
        self.false_positive_rates: dict[tuple[str, str], dict[str, float | None]] = {}
        self.asked = sum(1 for _ in run.cases())
        self.published: Published | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = getattr(report, "claim_evidence", None)
        if data is not None:
            self.evidence.append(Evidence.from_json(data))
        check = getattr(report, "claim_check", None)
        if check is not None:
            self.false_positive_rates[check["id"], check["setting"]] = {
                name: check[name] for name in ("false_positive_rate", "false_positive_rate_skewed")
            }

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # where nothing was judged, earlier results stay
        if self.config.getoption("collectonly") or not self.evidence:
            return
        from claims.report.publish import publish
        from claims.results import results_of

        order = {(claim.id, setting): i for i, (claim, setting) in enumerate(self.run.cases())}
        self.evidence.sort(key=lambda e: order[e.id, e.setting])
        self.evidence = [
            replace(e, **self.false_positive_rates.get((e.id, e.setting), {}))
            for e in self.evidence
        ]
        results = results_of(self.run, self.evidence, asked=self.asked)
        self.published = publish(results, self.options)
        if self.published.failed_on_drift and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.evidence or self.published is None:
            return
        from claims.report.false_positives import false_positive_lines
        from claims.report.replication import replication_lines
        from claims.report.terminal import summarize

        summarize(terminalreporter, self.published)
        if self.config.get_verbosity() >= 0:
            for line in (*replication_lines(self.evidence), *false_positive_lines(self.evidence)):
                terminalreporter.write_line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            from claims.report.github import annotate

            annotate(terminalreporter, self.run.suite, self.published)
