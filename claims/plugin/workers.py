"""Which process of a run this is: the only one, the one in charge, or one of xdist's workers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest


def worker_input(config: pytest.Config) -> Mapping[str, Any]:
    """What the process in charge sent to this worker; empty where this process is no worker."""
    return getattr(config, "workerinput", {})  # xdist sets it in workers alone


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's workers."""
    return bool(worker_input(config))


def worker_count(config: pytest.Config) -> int:
    """How many processes judge: the workers of a run, or one."""
    return int(worker_input(config).get("workercount", 1))


def worker_number(config: pytest.Config) -> int:
    """Which of the workers this process is, from 0; the process in charge counts as the first."""
    return int(worker_input(config).get("workerid", "gw0").removeprefix("gw"))


def workers_to_start(config: pytest.Config) -> int:
    """How many workers the process in charge starts; 0 in a worker, and where it judges itself."""
    return 0 if is_worker(config) else len(getattr(config.option, "tx", None) or ())


def share_cores(config: pytest.Config) -> None:
    """Workers about to start inherit their share of the cores for numpy's products: two workers
    with two threads each run at half speed.
    """
    if workers := workers_to_start(config):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // workers)))
