"""What `--claims-variants` adds to a run: an item for each variant, and in the controlling process
the table of all of them.

Plugin objects of their own, registered by `claims.plugin`; an item judges all claims of its
variant, because they are measured on the same networks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claims.run import Run
from claims.variants import VariantCase, VariantResult, judge_variant, variant_cases

if TYPE_CHECKING:
    from claims.report.variants import PublishedVariants

TEST = "under_variant"
RESULT = pytest.StashKey[VariantResult]()


class VariantsPlugin:
    """In every process: the items, and the results on their reports."""

    def __init__(self, config: pytest.Config, run: Run):
        self.run = run
        config.addinivalue_line("python_functions", TEST)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "claims_variant" in metafunc.fixturenames:
            metafunc.parametrize(
                "claims_variant",
                [pytest.param(case, id=case.name) for case in variant_cases(self.run)],
            )

    @pytest.fixture
    def claims_judge_variant(
        self, request: pytest.FixtureRequest
    ) -> Callable[[VariantCase], VariantResult]:
        """`claims_judge_variant(claims_variant)`: judge all claims under a variant, leave the
        result on the test's report, and fail the test where a claim could not be measured. Neither
        another verdict nor a network that diverges is a failure.
        """

        def judge(case: VariantCase) -> VariantResult:
            request.node.stash[RESULT] = result = judge_variant(self.run, case)
            if rows := result.unmeasured:
                lines = (f"`{row.id}` could not be measured: {row.reason}" for row in rows)
                pytest.fail("\n".join(lines), pytrace=False)
            return result

        return judge

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        result = item.stash.get(RESULT, None)
        if call.when == "call" and result is not None:
            report.claim_variant = result.to_json()
        return report


class VariantsReporter:
    """In the controlling process: collects the results, then writes the table, its pages and a few
    lines in the terminal.
    """

    def __init__(self, config: pytest.Config, run: Run, folder: Path):
        self.config, self.run, self.folder = config, run, folder
        self.results: dict[str, VariantResult] = {}
        self.published: PublishedVariants | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = getattr(report, "claim_variant", None)
        if data is not None:
            self.results[data["case"]] = VariantResult.from_json(data)

    def pytest_sessionfinish(self) -> None:
        if self.results and not self.config.getoption("collectonly"):
            from claims.report.variants import publish_variants
            from claims.variants_results import variants_results_of

            found = variants_results_of(self.run, self.results)
            self.published = publish_variants(found, self.folder)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.published is not None:
            from claims.report.variants import terminal_lines

            terminalreporter.section("variants of the settings", "=")
            for line in terminal_lines(
                self.published,
                terminalreporter._tw.fullwidth,
                quiet=self.config.get_verbosity() < 0,
            ):
                terminalreporter.write_line(line)
