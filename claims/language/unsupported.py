"""Python syntax that the claim language does not have, and what to write instead."""

from __future__ import annotations

import ast

LANGUAGE = (
    "allowed are selections, numbers, + - * /, abs, log, sqrt, < > << >>, approx(...) and `and`"
)

# by type of Python's syntax: its name in messages, and the remedy
INSTEAD: dict[type, tuple[str, str]] = {
    ast.LtE: ("`<=`", "write `<`: an interval does not tell the two apart"),
    ast.GtE: ("`>=`", "write `>`: an interval does not tell the two apart"),
    ast.Eq: ("`==`", "write approx(a, b, within=...): measured values are never exactly equal"),
    ast.NotEq: ("`!=`", "claim a direction with < or >"),
    ast.Or: ("`or`", "write one claim for each side"),
    ast.Not: ("`not`", "write `never:` instead of `expect:`, or turn the comparison round"),
    ast.Pow: ("`**`", "multiply"),
    ast.Attribute: ("a dot", "a selection is written metric(label, dimension=label)"),
    ast.Subscript: (
        "an index in square brackets",
        "a selection is written metric(label, dimension=label)",
    ),
    ast.Tuple: ("a comma outside a selection", "join several comparisons with `and`"),
    ast.Call: (
        "a call of something that is no metric",
        "a selection is written metric(label, dimension=label)",
    ),
    ast.Lambda: ("`lambda`", LANGUAGE),
    ast.NamedExpr: ("`:=`", LANGUAGE),
    ast.IfExp: ("`if`", LANGUAGE),
    ast.ListComp: ("a comprehension", LANGUAGE),
    ast.GeneratorExp: ("a comprehension", LANGUAGE),
    ast.Constant: ("this constant", LANGUAGE),
    ast.Mod: ("`%`", LANGUAGE),
    ast.FloorDiv: ("`//`", "write `/`"),
    ast.In: ("`in`", "list the labels under `for_every:`"),
    ast.List: ("a list", "list labels under `for_every:`"),
    ast.JoinedStr: ("an f-string", "quote the label plainly"),
    ast.Starred: ("`*`", "name each label"),
}
