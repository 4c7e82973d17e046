"""A claim on given observations: m and n by arm, their means known, and z about zero."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray

from claims.schema import Claim, load_suite

KIND = '''
from claims.experiments import Experiment


class Given(Experiment):
    """Observations are handed to the judge; this only says what there is."""

    replicates = ("batch",)

    def __init__(self, paired=True):
        self.paired = paired

    def describe(self):
        return {"m": {"arm": ("a", "b", "c")}, "n": {"arm": ("a", "b", "c")}, "z": {}}

    def measure(self, seeds, context):
        raise AssertionError("not asked")
'''
TRUTH = {"a": 1.0, "b": 2.0, "c": 50.0}  # means of m; n is ten times m; spread 5 %


def observations(seeds: Sequence[int], spread: float = 0.05) -> xarray.Dataset:
    """m, n (seed, arm, batch): means TRUTH and 10 TRUTH, seeds shared by the arms; z (seed,) about
    zero.
    """
    rng = np.random.default_rng([len(seeds), *seeds])
    common = 1 + spread * rng.normal(size=(len(seeds), 1, 1))
    m = (
        np.array(list(TRUTH.values()))[:, None]
        * common
        * (1 + 0.02 * rng.normal(size=(len(seeds), 3, 4)))
    )
    dims = ("seed", "arm", "batch")
    n = 10 * m * (1 + 0.02 * rng.normal(size=m.shape))
    return xarray.Dataset(
        {"m": (dims, m), "n": (dims, n), "z": ("seed", rng.normal(size=len(seeds)))},
        {"seed": list(seeds), "arm": ["a", "b", "c"]},
    )


def given_claim(folder: Path, text: str, options: str = "", head: str = "") -> Claim:
    """The one claim whose YAML keys are `text`; options: of the experiment; head: of the file."""
    (folder / "given.py").write_text(KIND)
    keys = "".join(f"    {line.strip()}\n" for line in text.strip().split("\n"))
    (folder / "claims.yaml").write_text(
        f"version: 1\n{head}defaults: {{seeds: 16}}\nexperiments:\n  e: {{kind: "
        f"'given:Given'{options}}}\n"
        f"metrics: {{share: m / n}}\nclaims:\n  it:\n    says: It is so.\n{keys}"
    )
    return load_suite(folder / "claims.yaml").claims[0]
