"""Tests run in as many processes as there are cores: one thread each. Hypothesis draws the same examples every time."""

import os
import sys

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def one_thread():
    """Measuring sets the process's threads to its share of the cores; the next test is not to inherit that."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
