"""Credit rules: the teaching signal that a block gets for its own output. One rule a file, one
signature; comparing rules changes an argument.

A rule turns a `Signal` into credit at the levels asked for. Its state (feedback matrices, learned
matrices) is a dict of stacked tensors that the caller owns.
"""

from __future__ import annotations

from models.credit.base import RandomDraws, Rule, Signal, at_levels


def rule(name: str) -> Rule:
    """The rule called `name`. Raises ValueError, with the names that are allowed."""
    from models.credit import dfa, fa, oracle, random, signflip, vec

    rules = {
        r.name: r for r in (dfa.RULE, oracle.RULE, vec.RULE, fa.RULE, random.RULE, signflip.RULE)
    }
    if name not in rules:
        raise ValueError(f"`credit` is {name!r}; allowed: {', '.join(rules)}")
    return rules[name]


__all__ = ["RandomDraws", "Rule", "Signal", "at_levels", "rule"]
