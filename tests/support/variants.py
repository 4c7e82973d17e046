"""A claim file with a tiny sweep, to which a test adds `variants`; and variants of settings that no
experiment has.
"""

from claims.schema import load_suite
from claims.schema.variants import Variant

VARIANTS = (
    Variant(),
    Variant((("rule", "b"),)),
    Variant((("rule", "c"),)),
    Variant((("step", 2),)),
    Variant((("rule", "b"), ("step", 2)), 1),
    Variant((("rule", "c"), ("step", 2)), 2),
    Variant((("rule", "b"), ("size", 9)), 3),
)
SWEEP = """\
version: 1
experiments:
  sweep:
    kind: models.experiments.snapshot_sweep:SnapshotSweep
    network: {width: 8, blocks: 1}
    train: {epochs: 2}
    snapshots: [1, 2]
    probe: {lr: 0.02, steps: 1, batch: 8, batches: 2, averaged_over: 2, fit_batches: 2}
    settings: {digits: {dataset: digits}, wide: {dataset: digits, network: {width: 16}}}
  lab: {kind: recorded, file: lab.csv, replicate: run, conditions: [rule], metrics: [loss]}
variants:
"""
CLAIMS = """\
claims:
  falls: {expect: "loss(epoch=1) > loss(epoch=2)"}
  helps: {expect: "dL_same(oracle, epoch=1) < 0"}
  guard: {expect: "dL_same(dfa, epoch=1) < 0", tags: [control]}
"""


def load_sweep(folder, variants, claims=CLAIMS, sweep=SWEEP):
    """The suite of the sweep with `variants`, lines of YAML."""
    (folder / "lab.csv").write_text("run,rule,loss\n0,a,1\n1,a,2\n")
    path = folder / "claims.yaml"
    path.write_text(sweep + variants + claims, encoding="utf-8")
    return load_suite(path)
