"""Tests run in as many processes as there are cores: one thread each."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["pytester"]
