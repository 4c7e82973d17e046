"""An experiment of one's own: how the accuracy of ridge classification on handwritten digits grows
with the training set.
"""

from dataclasses import dataclass

import numpy as np
import xarray


@dataclass(frozen=True)
class LearningCurve:
    """Every option of the claim file arrives as an argument; an unknown one is an error with its
    line.
    """

    sizes: list[int]
    held_out: int = 500

    ranges = {
        "accuracy": (0.0, 1.0)
    }  # optional: lets `check` refuse a claim that no share can fail

    def describe(self):
        """Optional: names and labels, so that a typo is found before anything runs."""
        return {"accuracy": {"size": tuple(self.sizes)}}

    def measure(self, seeds, device):
        """The one method that must be there: a Dataset whose first dimension is `seed`."""
        accuracy = np.array([self._curve(seed) for seed in seeds])  # (seed, size)
        return xarray.Dataset(
            {"accuracy": (("seed", "size"), accuracy)},
            {"seed": list(seeds), "size": list(self.sizes)},
        )

    def _curve(self, seed):
        from sklearn.datasets import load_digits
        from sklearn.linear_model import RidgeClassifier

        x, y = load_digits(return_X_y=True)
        order = np.random.default_rng(seed).permutation(len(x))
        held, rest = order[: self.held_out], order[self.held_out :]
        fits = (RidgeClassifier().fit(x[rest[:n]] / 16, y[rest[:n]]) for n in self.sizes)
        return [fit.score(x[held] / 16, y[held]) for fit in fits]
