"""An example of a kind that takes long: it keeps snapshots, resumes from them after it was killed,
reports progress and states the memory of a seed.

Logistic regression on handwritten digits by stochastic gradient descent, in numpy alone.
"""

import time

import numpy as np
import xarray

from claims import Experiment, Settings


class LongRunSettings(Settings):
    """Settings of the experiment: validated, and completed in editors."""

    epochs: int = 20
    every: int = 5  # epochs from one snapshot to the next
    rates: tuple[float, ...] = (0.01, 0.1)
    seconds: float = 0.0  # pause before each epoch, to try out what happens when it is killed


class LongRun(Experiment):
    """Held-out accuracy after training with each rate."""

    settings_model = LongRunSettings
    libraries = ("numpy", "scikit-learn")  # their versions are part of every key
    install_hint = "pip install scikit-learn"

    def __init__(self, settings):
        self.settings = settings

    def describe(self):
        """{metric: {dimension: labels}}."""
        return {"accuracy": {"rate": self.settings.rates}}

    def bytes_of_seed(self):
        """Memory of one seed, which limits how many are measured at once."""
        return 2**20

    def snapshot_identities(self):
        """What determines a snapshot besides seed, part, machine and code: not how many epochs
        follow.
        """
        return ({"rates": self.settings.rates, "form": 1},)

    def measure(self, seeds, context):
        """Accuracy of `seeds`; training resumes from the last snapshot that is kept of a seed."""
        kept = context.snapshots(*self.snapshot_identities())
        context.progress.start(self.settings.epochs)
        rows = [self._seed(seed, kept, context.progress) for seed in seeds]
        coordinates = {"seed": list(seeds), "rate": list(self.settings.rates)}
        return xarray.Dataset({"accuracy": (("seed", "rate"), np.array(rows))}, coordinates)

    def _seed(self, seed, kept, progress):
        x, y, held_x, held_y = _digits(seed)
        weights, done = np.zeros((len(self.settings.rates), x.shape[1], 10)), 0
        for epoch in range(self.settings.epochs, 0, -1) if kept else ():
            if (arrays := kept.load(seed, f"epoch-{epoch}")) is not None:
                weights, done = arrays["weights"].copy(), epoch
                break
        progress.found([seed], done)
        for epoch in range(done + 1, self.settings.epochs + 1):
            self._train(weights, x, y, np.random.default_rng([seed, epoch]))
            if kept and epoch % self.settings.every == 0:
                with kept.lock([seed]):
                    kept.save(seed, f"epoch-{epoch}", {"weights": weights})
            progress.at_epoch([seed], epoch)
        return [float(np.mean((held_x @ w).argmax(axis=1) == held_y)) for w in weights]

    def _train(self, weights, x, y, rng):
        time.sleep(self.settings.seconds)
        for batch in np.array_split(rng.permutation(len(x)), len(x) // 50):
            for w, rate in zip(weights, self.settings.rates, strict=True):
                scores = np.exp(x[batch] @ w)
                error = scores / scores.sum(axis=1, keepdims=True) - np.eye(10)[y[batch]]
                w -= rate * x[batch].T @ error / len(batch)


def _digits(seed):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    held, rest = order[:500], order[500:]
    return x[rest] / 16, y[rest], x[held] / 16, y[held]
