"""Codes with their sentences: verdicts, and the causes of inconclusive ones. Imports nothing
heavy.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """A code for files and programs; `sentence` is how a report says it."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Code:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


class Verdict(Code):
    """What the data say about a claim."""

    SUPPORTED = "supported", "the data rule out that it is false"
    REFUTED = "refuted", "the data rule out that it is true"
    INCONCLUSIVE = "inconclusive", "the data rule out neither the claim nor its opposite"


class Cause(Code):
    """Why an atom is inconclusive. A reason given to people begins with the sentence."""

    TOO_FEW = "too_few", "too few replicates"
    UNDEFINED = (
        "undefined",
        "undefined at the observed means (a division by zero, or a logarithm or root of a number "
        "that is not positive)",
    )
    DEGENERATE = "degenerate", "degenerate sample"
    NOT_POSITIVE = (
        "not_positive",
        "one side is not shown to be positive, so that a ratio of the two says nothing",
    )
    UNBOUNDED = "unbounded", "unbounded: the interval of a denominator holds zero"
    UNDECIDED = "undecided", "the interval holds the threshold"
    NOT_AFTER_CORRECTION = (
        "not_after_correction",
        "beyond its threshold taken alone, but not after correction for the atoms and sides "
        "tested together",
    )
