"""An example of a kind: accuracy of ridge classification by the size of the training set."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import xarray

from claims import Experiment


@dataclass(frozen=True)
class LearningCurve(Experiment):
    """Held-out accuracy on handwritten digits. The keys of the claim file are the constructor's
    arguments; an unknown one is an error with its line.
    """

    sizes: list[int]
    held_out: int = 500

    # optional, like all below but `measure`: what a key rests on, a remedy, and bounds for `check`
    libraries: ClassVar = ("numpy", "scikit-learn")
    install_hint: ClassVar = "pip install scikit-learn"
    ranges: ClassVar = {"accuracy": (0.0, 1.0)}

    def describe(self):
        """Optional: metrics and labels, so that a typo is found before anything runs."""
        return {"accuracy": {"size": tuple(self.sizes)}}

    def measure(self, seeds, context):
        """Required: accuracy as a Dataset whose first dimension is `seed`."""
        accuracy = np.array([self._curve(seed) for seed in seeds])  # (seed, size)
        coordinates = {"seed": list(seeds), "size": list(self.sizes)}
        return xarray.Dataset({"accuracy": (("seed", "size"), accuracy)}, coordinates)

    def _curve(self, seed):
        from sklearn.datasets import load_digits
        from sklearn.linear_model import RidgeClassifier

        x, y = load_digits(return_X_y=True)
        order = np.random.default_rng(seed).permutation(len(x))
        held, rest = order[: self.held_out], order[self.held_out :]
        fits = (RidgeClassifier().fit(x[rest[:n]] / 16, y[rest[:n]]) for n in self.sizes)
        return [fit.score(x[held] / 16, y[held]) for fit in fits]
