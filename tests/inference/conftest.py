"""Estimands written out by hand, so that the tests do not lean on the ones the calibration uses."""

from __future__ import annotations

import numpy as np
import pytest


def _linear(*coefficients: float):
    c = np.array(coefficients, dtype=float)
    return lambda means: (means @ c, np.broadcast_to(c, means.shape))


def _ratio(means):
    with np.errstate(all="ignore"):
        value = means[..., 0] / means[..., 1]
        return value, np.stack([1 / means[..., 1], -value / means[..., 1]], axis=-1)


def _log_ratio(means):
    with np.errstate(all="ignore"):
        return np.log(means[..., 0] / means[..., 1]), np.stack(
            [1 / means[..., 0], -1 / means[..., 1]], axis=-1
        )


@pytest.fixture(scope="session")
def linear():
    return _linear


@pytest.fixture(scope="session")
def ratio():
    return _ratio


@pytest.fixture(scope="session")
def log_ratio():
    return _log_ratio
