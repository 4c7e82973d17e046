"""A suite of coins for tests of reports, and what a run of it wrote."""

import json

SUITE = """
version: 1
defaults: {seeds: 12}
memos: {M: {title: A memo}}
experiments: {coin: {kind: "coin:Coin", shift: 0.0}}
claims:
  positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}
  ordered: {memo: M, where: there, says: B gains more., expect: gain(a) < gain(b)}
  tiny: {memo: M, where: there, says: A gains little., expect: gain(a) < 0.5}
"""


def reports(pytester, name="claims.json"):
    """The result file of the last run."""
    return json.loads((pytester.path / "reports" / name).read_text())
