"""What `--claims-variants` adds to a run: an item a reading, and in the controlling process the
table of all of them.

Plugin objects of their own, registered by `claims.plugin`; an item judges all claims of its
reading, because they look at the same networks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claims.run import Run
from claims.variants import Case, Reread, cases, reread

if TYPE_CHECKING:
    from claims.report.variants import PublishedVariants

TEST = "under_reading"
REREAD = pytest.StashKey[Reread]()


class Rereadings:
    """In every process: the items, and what they leave on their reports."""

    def __init__(self, config: pytest.Config, run: Run):
        self.run = run
        config.addinivalue_line("python_functions", TEST)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "reading" in metafunc.fixturenames:
            metafunc.parametrize(
                "reading", [pytest.param(case, id=case.name) for case in cases(self.run)]
            )

    @pytest.fixture
    def reread(self, request: pytest.FixtureRequest) -> Callable[[Case], Settlement]:
        """`reread(reading)`: judge all claims under a reading and leave what came out on the test's
        report.
        """

        def judge(reading: Case) -> Settlement:
            request.node.stash[REREAD] = found = reread(self.run, reading)
            return Settlement(found)

        return judge

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        found = item.stash.get(REREAD, None)
        if call.when == "call" and found is not None:
            report.claim_reading = found.to_json()
        return report


class Settlement:
    """A reading turned into a test's outcome: another verdict is a finding, a network that diverges
    an outcome; neither fails.
    """

    def __init__(self, found: Reread):
        self.found = found

    def settle(self) -> None:
        """Pass, or fail with what could not be measured."""
        if lost := self.found.unmeasured:
            pytest.fail(
                "\n".join(f"`{row.id}` could not be measured: {row.reason}" for row in lost),
                pytrace=False,
            )


class RereadingLedger:
    """The controlling process's account: readings as they come in, then the table, its pages and a
    few lines.
    """

    def __init__(self, config: pytest.Config, run: Run, folder: Path):
        self.config, self.run, self.folder = config, run, folder
        self.found: dict[str, Reread] = {}
        self.published: PublishedVariants | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = getattr(report, "claim_reading", None)
        if data is not None:
            self.found[data["case"]] = Reread.from_json(data)

    def pytest_sessionfinish(self) -> None:
        if self.found and not self.config.getoption("collectonly"):
            from claims.report.variants import publish_variants

            self.published = publish_variants(self.run, self.found, self.folder)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.published is not None:
            from claims.report.variants import lines

            terminalreporter.section("readings of the memo", "=")
            for line in lines(
                self.published,
                terminalreporter._tw.fullwidth,
                quiet=self.config.get_verbosity() < 0,
            ):
                terminalreporter.write_line(line)
