"""What the process in charge does about the store of a run: it shows the workers' progress, and
cleans up when they are done. It knows nothing of verdicts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TextIO

import pytest

from claims.execution.display import Display, Named
from claims.execution.estimates import expected_seconds
from claims.execution.measure import observations_digest
from claims.run import Run, store_bound
from claims.store.activity import register_process
from claims.store.entries import StoreError
from claims.store.pruning import PruneResult, prune, remove_leftovers


class StoreLifetime:
    """In use by this run as long as it lasts, so that nothing of it is pruned by others; swept and
    kept within its bound at the end.
    """

    def __init__(self, config: pytest.Config, run: Run):
        self.config, self.run = config, run
        try:
            self.bound = store_bound()
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        self.held = contextlib.ExitStack()
        self.display: Display | None = None
        self.removed = PruneResult(0, 0, 0)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self.config.getoption("collectonly"):
            return
        self.held.enter_context(register_process(self.run.store))
        writer = getattr(self.config.pluginmanager.getplugin("terminalreporter"), "_tw", None)
        if writer is not None and self.config.get_verbosity() > -2:
            file = self.held.enter_context(_beside_capture(writer._file))
            self.display = Display(
                self.run.store,
                lambda: self.names,
                file,
                bars=writer.hasmarkup and writer._file.isatty(),
                at_line_start=lambda: not writer.width_of_current_line,
            )
            self.held.enter_context(self.display)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self):
        with self.display.hidden() if self.display else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self):
        with self.display.hidden() if self.display else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """After the workers: sweep up after the killed, and keep the store within its bound."""
        # a store that may only be read stays as it is
        with self.held, contextlib.suppress(StoreError, OSError):
            if not self.config.getoption("collectonly"):
                self.removed = prune(self.run.store, bound=self.bound)
        if not self.config.getoption("collectonly"):
            remove_leftovers(self.run.store)

    def pytest_terminal_summary(self, terminalreporter) -> None:
        if self.removed.entries:
            terminalreporter.write_line(
                f"store: {self.removed.entries} entries ({self.removed.size / 2**20:.0f} "
                "MiB), those longest unused, were removed to stay below "
                f"{self.bound / 2**30:.3g} GiB (CLAIMS_STORE_BOUND)"
            )

    @cached_property
    def names(self) -> Mapping[str, Named]:
        """What the digests in the store are called in the claim file."""
        found = {}
        for (name, setting), experiment in self.run.experiments().items():
            if experiment.available_seeds is None:
                with contextlib.suppress(ValueError):  # data or a library is missing
                    digest = observations_digest(experiment, self.run.machine)
                    seconds = expected_seconds(experiment, self.run.machine, self.run.store)
                    found[digest] = Named(f"{name} ({setting})", seconds)
        return {**self._variants(), **found}

    def _variants(self) -> Mapping[str, Named]:
        if not self.config.option.claims_variants:
            return {}
        from claims.variants import variant_cases, variant_experiment

        found = {}
        for case in variant_cases(self.run):
            with contextlib.suppress(ValueError):  # as above
                made = variant_experiment(self.run, case)
                found[observations_digest(made, self.run.machine)] = Named(case.name)
        return found


@contextlib.contextmanager
def _beside_capture(file: TextIO) -> Iterator[TextIO]:
    """The terminal as it is now, which stays the terminal while a test's output is captured."""
    try:
        beside = os.fdopen(
            os.dup(file.fileno()), "w", encoding=file.encoding or "utf-8", errors="replace"
        )
    except (OSError, ValueError, AttributeError):
        beside = None
    if beside is None:
        yield file  # not ours to close
    else:
        with beside:
            yield beside
