"""`--claims-fresh`: an empty store for one run."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from claims.plugin.workers import worker_input

INPUT = "claims_fresh_store"  # among what a worker is sent


class FreshStore:
    """A plugin of the controlling process: makes a folder for the run's store, names it to the
    workers, and removes it at the end.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="claims-fresh-"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput[INPUT] = str(self.folder)

    def pytest_unconfigure(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def sent_store(config: pytest.Config) -> Path | None:
    """The fresh store that the controlling process named to this worker."""
    folder = worker_input(config).get(INPUT)
    return None if folder is None else Path(folder)
