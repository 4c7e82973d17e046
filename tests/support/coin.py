"""A cheap experiment of one's own, and claims about it."""

KIND = '''
import numpy, os, xarray
from claims import Diverged, Experiment


class Coin(Experiment):
    """Gains drawn by seed: `a` about 1, `b` about 2, spread 0.3."""

    def __init__(self, shift=0.0, fails=None, levels=("a", "b")):
        self.shift, self.fails, self.levels = shift, fails, tuple(levels)

    def describe(self):
        return {"gain": {"level": self.levels}, "heads": {}, "won": {}}

    def measure(self, seeds, context):
        with open(os.environ["MEASURED"], "a") as log:
            log.write("".join(f"{seed}\\n" for seed in seeds))
        if self.fails is not None and self.fails in seeds:
            raise Diverged(f"diverged at epoch 7 in seed {self.fails}", [self.fails])
        if self.fails is not None and self.fails < 0:
            raise SystemExit("out of coins")
        draw = lambda seed, i: numpy.random.default_rng([seed, i]).normal()
        levels = range(len(self.levels))
        rows = [[i + 1 + self.shift + 0.3 * draw(seed, i) for i in levels] for seed in seeds]
        heads = [0.5 + 0.1 * numpy.random.default_rng([seed, 9]).normal() for seed in seeds]
        won = [numpy.random.default_rng([seed, 10]).random() < 0.9 for seed in seeds]
        metrics = {"gain": (("seed", "level"), rows)}
        metrics |= {"heads": ("seed", heads), "won": ("seed", won)}
        return xarray.Dataset(metrics, {"seed": list(seeds), "level": list(self.levels)})
'''
HEAD = """
version: 1
defaults: {seeds: 8}
memos: {M: {title: A memo, reported: [{expression: "gain(a)", value: 0.9}]}}
experiments:
  coin:
    kind: coin:Coin
    settings: {first: {}, shifted: {shift: 5.0}, short: {levels: [a]}}
  broken: {kind: "coin:Coin", fails: 3}
  stopping: {kind: "coin:Coin", fails: -1}
claims:
"""
GOOD = """
  positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0, tags: [early]}
  ordered:
    {memo: M, where: there, says: B gains more., expect: gain(a) < gain(b),
     expected: {first: supported, shifted: supported}}
  tiny:
    {memo: M, where: there, says: A gains little., expect: gain(a) < 0.5, expected: refuted,
     note: It gains about one.}
"""


def measured(pytester):
    path = pytester.path / "measured"
    return [int(line) for line in path.read_text().split()] if path.exists() else []
