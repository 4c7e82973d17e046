"""Claims of a claim file: expressions and entries that state none."""

from __future__ import annotations

import pytest

from claims.schema import load_suite
from claims.schema.problems import ClaimFileError
from tests.support.claim_files import (
    GOOD,
    SWEEP,
    assert_one_located_screen,
    claim,
    entry,
    malformed,
    quoted,
)

EXPRESSIONS = {
    "forgotten epoch": ("dL(vec) < 0", "leaves `epoch` open"),
    "no metric": ("dl(vec, epoch=5) < 0", "did you mean `dL`"),
    "no label": ("dL(vek, epoch=5) < 0", "did you mean `vec`"),
    "no label of dimension": ("dL(vec, epoch=6) < 0", "no label 6"),
    "no dimension": ("dL(vec, epoc=5) < 0", "did you mean `epoch`"),
    "label twice": ("dL(vec, dfa, epoch=5) < 0", "`credit` is chosen twice"),
    "number as text": ('dL(vec, epoch="5") < 0', "no label '5'"),
    "with itself": ("dL(vec, epoch=5) < dL(credit=vec, epoch=5)", "with itself"),
    "with itself and more": (
        "dL(vec, epoch=5) < dL(vec, epoch=5) + 1",
        "compares a quantity with itself",
    ),
    "divided by itself": ("dL(vec, epoch=5) / dL(vec, epoch=5) > 2", "with itself"),
    "a share below two": ("accuracy(vec, epoch=5) < 2", "can never be false"),
    "a share above one": ("accuracy(vec, epoch=5) > 1", "can never be true"),
    "every value of a share": ("0 < accuracy(vec, epoch=5) < 1", "can never be false"),
    "approx of every share": (
        "approx(accuracy(vec, epoch=5), 0.5, within=0.6)",
        "can never be false",
    ),
    "excluded middle": ("dL(vec, epoch=5) < 0 and dL(vec, epoch=5) > 1", "never both be true"),
    "circle of three": (
        "dL(vec, epoch=5) < dL(dfa, epoch=5) < dL(vec, epoch=20) < dL(vec, epoch=5)",
        "never all be true",
    ),
    "circle with a factor": (
        "dL(vec, epoch=5) > dL(dfa, epoch=5) and 2 * dL(vec, epoch=5) < 2 * dL(dfa, epoch=5)",
        "never both be true",
    ),
    "circle of folds": (
        "dL(vec, epoch=5) << dL(dfa, epoch=5) << dL(vec, epoch=20) << dL(vec, epoch=5)",
        "never all be true",
    ),
    "circle": ("dL(vec, epoch=5) < dL(dfa, epoch=5) < dL(vec, epoch=5)", "never both be true"),
    "numbers only": ("1 < 2", "nothing that is measured"),
    "always undefined": ("log(-1 * abs(dL(vec, epoch=5))) > 0", "undefined"),
    "ratio to zero": ("dL(vec, epoch=5) << 0", "both sides must be positive"),
    "negative ratio": ("-abs(dL(vec, epoch=5)) << dL(dfa, epoch=5)", "never positive"),
    "less or equal": ("dL(vec, epoch=5) <= 0", "write `<`"),
    "equal": ("dL(vec, epoch=5) == 0", "approx"),
    "unequal": ("dL(vec, epoch=5) != 0", "direction"),
    "or": ("dL(vec, epoch=5) < 0 or dL(dfa, epoch=5) < 0", "one claim for each side"),
    "not": ("not dL(vec, epoch=5) < 0", "never:"),
    "no comparison": ("dL(vec, epoch=5)", "a claim compares"),
    "approx without distance": ("approx(dL(vec, epoch=5), 1)", "how near"),
    "approx with both": ("approx(dL(vec, epoch=5), 1, within=1, factor=2)", "not both"),
    "approx of one": ("approx(dL(vec, epoch=5), within=1)", "two quantities"),
    "approx below zero": ("approx(dL(vec, epoch=5), 1, within=-1)", "above 0"),
    "approx inside": ("approx(dL(vec, epoch=5), 1, within=1) < 3", "whole comparison"),
    "power": ("dL(vec, epoch=5) ** 2 > 1", "multiply"),
    "attribute": ("dL.mean < 0", "a dot"),
    "index": ("dL[0] < 0", "square brackets"),
    "call of a call": ("__import__('os').system('true') < 0", "not part of the claim language"),
    "lambda": ("(lambda: 1)() < 0", "not part of the claim language"),
    "walrus": ("(x := 3) < 0", "not part of the claim language"),
    "f-string": ("dL(f'vec', epoch=5) < 0", "a label is"),
    "comprehension": ("[x for x in dL] < 0", "not part of the claim language"),
    "starred": ("dL(*vec, epoch=5) < 0", "a label is"),
    "function without argument": ("log < 0", "without a quantity"),
    "function of two": ("log(dL(vec, epoch=5), 2) < 0", "takes one quantity"),
    "look-alike letter": ("dL(v\u0435c, epoch=5) < 0", "CYRILLIC SMALL LETTER IE"),
    "look-alike operator": ("dL(vec, epoch=5) \u02c2 0", "not an ASCII character"),
    "full width": ("\uff44L(vec, epoch=5) < 0", "FULLWIDTH LATIN SMALL LETTER D"),
    "open bracket": ("dL(vec, epoch=5 < 0", "never closed"),
    "closed bracket": ("dL(vec, epoch=5)) < 0", "never opened"),
    "deep brackets": ("(" * 40 + "1" + ")" * 40 + " < 0", "nested deeper"),
    "many signs": ("-" * 200 + "dL(vec, epoch=5) < 0", "nested deeper"),
    "a thousand signs": ("- " * 900 + "1 < 0", "too large|nested deeper"),
    "long": ("dL(vec, epoch=5) < " + " + ".join(["1"] * 1200), "characters long"),
    "huge number": ("dL(vec, epoch=5) < 1" + "0" * 400, "too large"),
    "huge exponent": ("dL(vec, epoch=5) < 1e999", "too large"),
    "semicolon": ("dL(vec, epoch=5) < 0; import os", "no meaning"),
    "comma": ("dL(vec, epoch=5) < 0, dL(dfa, epoch=5) < 0", "join several comparisons"),
    "nothing between": ("dL(vec, epoch=5) 0", "no expression"),
    "true": ("dL(vec, epoch=5) < True", "quote it"),
    "complex": ("dL(vec, epoch=5) < 1j", "not part of the claim language"),
    "division by zero": ("dL(vec, epoch=5) < 1 / 0", "is not a number"),
    "derived forgets epoch": ("ratio(vec) < 0", "leaves `epoch` open"),
}
ENTRIES = {
    "neither": ("note: nothing", "`expect` or `never`"),
    "both": (GOOD + "never: dL(vec, epoch=5) > 0", "not both"),
    "expression is nothing": ("expect:", "`expect` or `never`"),
    "no such memo": (GOOD + "memo: 8A\nwhere: x\nsays: y", "known: 7A"),
    "memo without words": (GOOD + "memo: 7A", "needs `where`"),
    "no such experiment": (GOOD + "experiment: labb", "did you mean `lab`"),
    "margin without never": (GOOD + "margin: 1", "belongs to `never`"),
    "never with a chain": ("never: 0 < dL(vec, epoch=5) < 1", "single comparison"),
    "by without use": (GOOD + "by: 3", "belongs to << and >>"),
    "within without approx": (GOOD + "within: 1", "belong to approx"),
    "within and factor": ("expect: approx(dL(vec, epoch=5), 1)\nwithin: 1\nfactor: 2", "not both"),
    "expected without note": (GOOD + "expected: refuted", "needs a `note`"),
    "expected in no setting": (GOOD + "expected: {mian: supported}", "did you mean `main`"),
    "unused variable": (GOOD + "for_every: {e: [5]}", "does not use `e`"),
    "variable of a wrong label": (
        "expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 6]}",
        "has no label 6",
    ),
    "variables explode": (
        "expect: dL(a, epoch=b) < 0\nfor_every:\n  a: [{}]\n  b: [{}]".format(
            ", ".join(f"x{i}" for i in range(60)), ", ".join(map(str, range(60)))
        ),
        "no dimension|no label|more than",
    ),
    "bound to itself": (
        "expect: dL(c, epoch=5) < dL(vec, epoch=5)\nfor_every: {c: [dfa, vec]}",
        "with itself",
    ),
}
CASES = [*malformed(EXPRESSIONS, quoted), *malformed(ENTRIES, entry)]


def test_the_base_of_all_cases_is_good(write):
    suite = load_suite(write(claim("dL(vec, epoch=5) < 0")))
    assert [one.id for one in suite.claims] == ["one"]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


@pytest.mark.parametrize(
    "expression",
    [
        "dL(vec, epoch=5) < dL(dfa, epoch=5) < dL(vec, epoch=20) < dL(vec, epoch=5) + 0.1",
        "dL(vec, epoch=5) > dL(dfa, epoch=5) and 2 * dL(vec, epoch=5) < 3 * dL(dfa, epoch=5)",
        "dL(vec, epoch=5) << dL(dfa, epoch=5) and dL(dfa, epoch=5) < 2 * dL(vec, epoch=20)",
        "0.1 < dL(vec, epoch=5) < 0.3 and 0.2 < dL(vec, epoch=5) + dL(dfa, epoch=5) < 0.3",
        "dL(vec, epoch=5) < dL(dfa, epoch=5) + 1e15 and dL(dfa, epoch=5) + 1e15 < dL(vec, "
        "epoch=5) + 1",
    ],
)
def test_parts_that_go_together_are_left_alone(write, expression):
    assert len(load_suite(write(claim(expression))).claims) == 1


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        (
            "dL(vec, epoch=5) < 0.1 and dL(dfa, epoch=5) > 0.3 and dL(dfa, epoch=5) < "
            "dL(vec, epoch=5) + 0.2",
            3,
        ),
        ("dL(vec, epoch=5) << dL(dfa, epoch=5) and dL(vec, epoch=5) > dL(dfa, epoch=5)", 2),
        (
            "dL(vec, epoch=5) + dL(dfa, epoch=5) < 1 and -3 * (dL(dfa, epoch=5) + dL(vec, "
            "epoch=5)) < -3",
            2,
        ),
        (
            "approx(dL(vec, epoch=5), dL(dfa, epoch=5), within=0.1) and dL(dfa, epoch=5) / "
            "4 > dL(vec, epoch=5) / 4 + 0.025",
            2,
        ),
    ],
)
def test_every_part_of_a_contradiction_is_named(write, expression, parts):
    with pytest.raises(ClaimFileError, match="true") as caught:
        load_suite(write(claim(f'"{expression}"')))
    assert caught.value.problems[0].message.count("`") == 2 * parts


@pytest.mark.parametrize("expression", ["loss(epoch=5) > -1", "update_variance(vec, epoch=5) > -1"])
def test_what_the_sweep_can_only_measure_as_positive_is_known(tmp_path, expression):
    path = tmp_path / "claims.yaml"
    path.write_text(SWEEP + f'claims:\n  one: {{expect: "{expression}"}}\n', encoding="utf-8")
    with pytest.raises(ClaimFileError, match="can never be false"):
        load_suite(path)
    path.write_text(
        SWEEP + 'claims:\n  one: {experiment: online, expect: "loss(takeover=0, epoch=5) < 0"}\n',
        encoding="utf-8",
    )
    with pytest.raises(ClaimFileError, match="can never be true"):
        load_suite(path)
