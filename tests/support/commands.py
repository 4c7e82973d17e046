"""The command line called in this process, and a claim file for it to read."""

import click.testing

from claims.__main__ import main

TEXT = """\
# kept: the head

version: 1
memos: {"7A": {title: A memo}}   # kept: beside
experiments:
  lab:
    kind: recorded
    file: lab.csv
    replicate: run
    conditions: [credit]
    metrics:   [loss]


claims:
  # kept: above
  first:
      says:   "kept:  spaces"
      expect: loss(vec) < 0

  second: {expect: loss(dfa) < 0}   # kept: last
"""


def call(*arguments: object, stdin: str | None = None) -> click.testing.Result:
    """`python -m claims ARGUMENTS`; what is raised but SystemExit is a failure of the test."""
    result = click.testing.CliRunner().invoke(
        main, [str(argument) for argument in arguments], input=stdin
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
