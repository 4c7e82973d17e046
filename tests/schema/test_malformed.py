"""Files that are wrong, each told by one located message that fits a screen, and never by a
traceback.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.schema import load_suite, read_suite
from claims.schema.problems import ClaimFileError

HEAD = """\
version: 1
memos:
  "7A": {title: A memo}
experiments:
  lab:
    kind: recorded
    file: lab.csv
    replicate: run
    conditions: [credit, epoch]
    metrics: [accuracy, dL]
    ranges: {accuracy: [0, 1]}
    settings: {main: {}, other: {}}
metrics:
  ratio: dL / accuracy
claims:
"""
CLAIM = "  one:\n    expect: {}\n"
ROWS = [
    "run,credit,epoch,accuracy,dL",
    *(
        f"{run},{credit},{epoch},0.{run + 3},-0.{run + 1}"
        for run in range(4)
        for credit in ("dfa", "vec")
        for epoch in (5, 20)
    ),
]


def claim(expression: str, extra: str = "") -> str:
    return HEAD + f"  one:\n    expect: {expression}\n" + extra


def entry(text: str) -> str:
    """A file whose one claim has these lines."""
    return HEAD + "  one:\n" + "".join(f"    {line}\n" for line in text.splitlines())


GOOD = "expect: dL(vec, epoch=5) < 0\n"
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
    "unknown key": (GOOD + "expects: 1", "did you mean `expect`"),
    "neither": ("note: nothing", "`expect` or `never`"),
    "both": (GOOD + "never: dL(vec, epoch=5) > 0", "not both"),
    "empty expression": ('expect: ""', "is empty"),
    "expression is a number": ("expect: 5", "must be text"),
    "expression is a list": ("expect: [a < b]", "must be text, not a list"),
    "expression is nothing": ("expect:", "`expect` or `never`"),
    "no such memo": (GOOD + "memo: 8A\nwhere: x\nsays: y", "known: 7A"),
    "memo without words": (GOOD + "memo: 7A", "tells `where`"),
    "no such experiment": (GOOD + "experiment: labb", "did you mean `lab`"),
    "margin without never": (GOOD + "margin: 1", "belongs to `never`"),
    "never with a chain": ("never: 0 < dL(vec, epoch=5) < 1", "single comparison"),
    "by without use": (GOOD + "by: 3", "belongs to << and >>"),
    "by of one": ("expect: dL(vec, epoch=5) << dL(dfa, epoch=5)\nby: 1", "above 1"),
    "by is text": ("expect: dL(vec, epoch=5) << dL(dfa, epoch=5)\nby: ten", "must be a number"),
    "within without approx": (GOOD + "within: 1", "belong to approx"),
    "within and factor": ("expect: approx(dL(vec, epoch=5), 1)\nwithin: 1\nfactor: 2", "not both"),
    "expected error": (GOOD + "expected: error", "never expected"),
    "expected misspelt": (GOOD + "expected: refutd\nnote: x", "did you mean `refuted`"),
    "expected without note": (GOOD + "expected: refuted", "needs a `note`"),
    "expected in no setting": (GOOD + "expected: {mian: supported}", "did you mean `main`"),
    "expected is a list": (GOOD + "expected: [refuted]", "`expected` must be"),
    "confidence in percent": (GOOD + "confidence: 95", "write 0.95"),
    "confidence is true": (GOOD + "confidence: true", "must be|confidence"),
    "one seed": (GOOD + "seeds: 1", "at least 2"),
    "half a seed": (GOOD + "seeds: 2.5", "whole number"),
    "seeds are text": (GOOD + "seeds: many", "whole number"),
    "schedule backwards": (GOOD + "seeds: {start: 8, step: 8, max: 4}", "below `start`"),
    "schedule without step": (GOOD + "seeds: {start: 8, max: 16}", "`step` is missing"),
    "schedule with a typo": (GOOD + "seeds: {start: 8, step: 8, maxx: 16}", "did you mean `max`"),
    "tag with a blank": (GOOD + "tags: [two words]", "no tag"),
    "tag of pytest": (GOOD + "tags: [skip]", "means something to pytest"),
    "tag that is deselected": (GOOD + "tags: [slow]", "means something to pytest"),
    "tag of xdist": (GOOD + "tags: [xdist_group]", "means something to pytest"),
    "tag not": (GOOD + "tags: ['not']", "word of `pytest -m` expressions"),
    "tag and": (GOOD + "tags: [and]", "word of `pytest -m` expressions"),
    "tag None": (GOOD + "tags: ['None']", "word of `pytest -m` expressions"),
    "tag begins with _": (GOOD + "tags: [_a]", "beginning with a letter"),
    "note of blanks": (GOOD + "expected: refuted\nnote: ' '", "`note` is empty"),
    "expression of blanks": ("expect: '  '", "`expect` is empty"),
    "escape": (GOOD + 'says: "a\\x01b"', "control character"),
    "confidence beyond inference": (GOOD + "confidence: 0.99999", "cannot be had"),
    "too many looks": (
        GOOD + "seeds: {start: 6, step: 1, max: 3000}",
        "looks 2995 times; at most 20",
    ),
    "a million looks": (GOOD + "seeds: {start: 6, step: 1, max: 1000000}", "at most 20"),
    "confidence over looks": (
        GOOD + "confidence: 0.9999\nseeds: {start: 10, step: 10, max: 100}",
        "over 10 looks cannot be had",
    ),
    "tag twice": (GOOD + "tags: [a, a]", "twice"),
    "comma in braces": (
        "for_every: {e: dL(vec, epoch=5)}\nexpect: dL(e, epoch=5) < 0",
        "must be a list|quote the expression",
    ),
    "tags are text": (GOOD + "tags: a", "must be a list"),
    "unused variable": (GOOD + "for_every: {e: [5]}", "does not use `e`"),
    "empty variable": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: []}", "is empty"),
    "variable is no list": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: 5}", "must be a list"),
    "variable of a wrong label": (
        "expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 6]}",
        "has no label 6",
    ),
    "variable twice the same": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 5]}", "twice"),
    "variable is a word": (
        "expect: dL(vec, epoch=log) < 0\nfor_every: {log: [5]}",
        "word of the claim language",
    ),
    "variable in look-alikes": (
        "expect: dL(vec, epoch=5) < 0\nfor_every: {\u0435: [5]}",
        "no name",
    ),
    "variable is true": ("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [true]}", "quote `true`"),
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

FILES = {
    "empty": ("", "is empty"),
    "only a comment": ("# nothing\n", "is empty"),
    "a list": ("- 1\n", "holds a list"),
    "a word": ("hello\n", "plain value"),
    "no version": (
        HEAD.replace("version: 1\n", "") + CLAIM.format("dL(vec, epoch=5) < 0"),
        "`version` is missing",
    ),
    "another version": (
        HEAD.replace("version: 1", "version: 2") + CLAIM.format("dL(vec, epoch=5) < 0"),
        "must be 1",
    ),
    "no experiments": ("version: 1\nclaims: {a: {expect: b < 0}}\n", "`experiments` is missing"),
    "no claims": (HEAD.replace("claims:\n", ""), "`claims` is missing"),
    "claims are nothing": (HEAD, "`claims` is empty"),
    "claims are a list": (HEAD + "  - expect: dL(vec, epoch=5) < 0\n", "must be a mapping"),
    "a claim is text": (HEAD + "  one: dL(vec, epoch=5) < 0\n", "must be a mapping"),
    "unknown section": (claim("dL(vec, epoch=5) < 0") + "claim: {}\n", "did you mean `claims`"),
    "comma in a claim in braces": (
        HEAD + "  one: {expect: dL(vec, epoch=5) < 0}\n",
        "quote the expression",
    ),
    "id with a blank": (HEAD + "  a claim:\n    expect: dL(vec, epoch=5) < 0\n", "no claim id"),
    "duplicate claim": (
        claim("dL(vec, epoch=5) < 0") + CLAIM.format("dL(vec, epoch=5) < 0"),
        "second time",
    ),
    "duplicate key": (entry(GOOD + GOOD), "second time"),
    "tab": (HEAD + "  one:\n\texpect: dL(vec, epoch=5) < 0\n", "tab"),
    "bad indentation": (
        HEAD + "  one:\n    expect: dL(vec, epoch=5) < 0\n   note: x\n",
        "indentation|not YAML",
    ),
    "colon in text": (entry("says: this: that\n" + GOOD), "quote the text"),
    "open quote": (entry('says: "this\n' + GOOD), "never closed"),
    "open bracket": (entry("tags: [a, b\n" + GOOD), "not YAML|indentation|wrong"),
    "at sign": (entry("says: @you\n" + GOOD), "cannot begin a value"),
    "alias": (entry("says: &a text\nnote: *a\n" + GOOD), "anchor"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "anchor"),
    "merge key": (entry("<<: {expect: 1}"), "unknown key `<<`"),
    "python object": (entry("says: !!python/object/apply:os.system [true]\n" + GOOD), "tag"),
    "custom tag": (entry("says: !secret x\n" + GOOD), "tag"),
    "deep": ("version: 1\na: " + "[" * 40 + "]" * 40 + "\n", "nested deeper"),
    "very deep": ("version: 1\na: " + "{a: " * 5000 + "1" + "}" * 5000 + "\n", "nested deeper"),
    "two documents": (claim("dL(vec, epoch=5) < 0") + "---\nversion: 1\n", "second YAML document"),
    "list as a key": ("version: 1\n[a, b]: 1\n", "cannot be a key"),
    "binary": (b"\x7fELF\x02\x01\x00\x00", "control character"),
    "not utf-8": (b"version: 1\nsays: caf\xe9\n", "not UTF-8"),
    "utf-16": ("version: 1\n".encode("utf-16"), "not UTF-8"),
    "control character": ("version: 1\nnote: a\x07b\n", "control character"),
    "huge number": ("version: 1" + "0" * 5000 + "\n", "too large"),
    "huge float": (entry(GOOD + "confidence: 1e999"), "too large"),
    "not a number": (entry(GOOD + "confidence: .nan"), "finite"),
    "kind unknown": (
        claim("dL(vec, epoch=5) < 0").replace("kind: recorded", "kind: recordd"),
        "is no kind of experiment",
    ),
    "kind not importable": (
        claim("dL(vec, epoch=5) < 0").replace("kind: recorded", "kind: no_such:Thing"),
        "cannot be imported",
    ),
    "kind missing": (
        claim("dL(vec, epoch=5) < 0").replace("    kind: recorded\n", ""),
        "names no `kind`",
    ),
    "option misspelt": (
        claim("dL(vec, epoch=5) < 0").replace("replicate:", "replicat:"),
        "did you mean `replicate`",
    ),
    "option of a wrong type": (
        claim("dL(vec, epoch=5) < 0").replace("[credit, epoch]", "credit"),
        "conditions",
    ),
    "setting misspells": (
        claim("dL(vec, epoch=5) < 0").replace("main: {}", "main: {fil: x.csv}"),
        "did you mean `file`",
    ),
    "settings are empty": (
        claim("dL(vec, epoch=5) < 0").replace("{main: {}, other: {}}", "{}"),
        "is empty",
    ),
    "settings are a list": (
        claim("dL(vec, epoch=5) < 0").replace("{main: {}, other: {}}", "[main]"),
        "must be a mapping",
    ),
    "file missing": (
        claim("dL(vec, epoch=5) < 0").replace("lab.csv", "lob.csv"),
        "there is no file `lob.csv`",
    ),
    "like nothing": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: labb}\n"
        ),
        "did you mean `lab`",
    ),
    "like itself": (
        claim("dL(vec, epoch=5) < 0").replace("experiments:\n", "experiments:\n  b: {like: b}\n"),
        "like itself",
    ),
    "like in a circle": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: c}\n  c: {like: b}\n"
        ),
        "like itself",
    ),
    "left out of nothing": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: lab, without_settings: [mian]}\n"
        ),
        "did you mean `main`",
    ),
    "seeds in no setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {mian: 8}}\nclaims:"
        ),
        "did you mean `main`",
    ),
    "too few seeds in a setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {main: 0}}\nclaims:"
        ),
        "`main` must be at least 2",
    ),
    "looks that go backwards in a setting": (
        claim("dL(vec, epoch=5) < 0").replace(
            "claims:", "defaults: {seeds_in: {main: {start: 8, step: 2, max: 4}}}\nclaims:"
        ),
        "is below `start`",
    ),
    "confidence that a setting cannot give": (
        claim("dL(vec, epoch=5) < 0", "    confidence: 0.999999\n").replace(
            "claims:", "defaults: {seeds_in: {main: {start: 8, step: 8, max: 80}}}\nclaims:"
        ),
        "cannot be had",
    ),
    "experiment name": (claim("dL(vec, epoch=5) < 0").replace("  lab:", "  my lab:"), "is no name"),
    "metric is measured": (
        claim("dL(vec, epoch=5) < 0").replace("ratio:", "dL:"),
        "measured already",
    ),
    "metric of nothing": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL / acuracy"),
        "did you mean `accuracy`",
    ),
    "metric compares": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL < accuracy"),
        "a comparison",
    ),
    "metric in a circle": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "ratio / 2"),
        "defined by itself",
    ),
    "metrics explode": (
        claim("dL(vec, epoch=5) < 0").replace(
            "  ratio: dL / accuracy\n",
            "  m0: dL\n" + "".join(f"  m{i + 1}: m{i} * m{i} + m{i}\n" for i in range(40)),
        ),
        "more than 2000 parts",
    ),
    "memo without title": (
        claim("dL(vec, epoch=5) < 0").replace("{title: A memo}", "{date: 2026-01-01}"),
        "`title` is missing",
    ),
    "memo of no date": (
        claim("dL(vec, epoch=5) < 0").replace("{title: A memo}", "{title: A, date: yesterday}"),
        "is no date",
    ),
    "reported nonsense": (
        claim("dL(vec, epoch=5) < 0").replace(
            "{title: A memo}", "{title: A, reported: [{expression: dL(vec), value: 1}]}"
        ),
        "leaves `epoch` open",
    ),
    "reported text": (
        claim("dL(vec, epoch=5) < 0").replace(
            "{title: A memo}",
            '{title: A, reported: [{expression: "dL(vec, epoch=5)", value: low}]}',
        ),
        "must be a number",
    ),
    "defaults backwards": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: {start: 8, step: 8, max: 4}}\n",
        "below `start`",
    ),
    "defaults look too often": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: {start: 8, step: 1, max: 40}}\n",
        "`step: 2` or more",
    ),
    "conditions without a column": (
        claim("dL(vec, epoch=5) < 0").replace("[accuracy, dL]", "[]"),
        "must have at least 1 in it",
    ),
    "defaults misspelt": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seed: 8}\n",
        "did you mean `seeds`",
    ),
    "defaults of one seed": (
        claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: 1}\n",
        "at least 2",
    ),
}


def quoted(expression: str) -> str:
    return "'" + expression.replace("'", "''") + "'"


CASES = (
    [
        pytest.param(claim(quoted(text)), phrase, id=f"expression: {name}")
        for name, (text, phrase) in EXPRESSIONS.items()
    ]
    + [
        pytest.param(entry(text), phrase, id=f"claim: {name}")
        for name, (text, phrase) in ENTRIES.items()
    ]
    + [pytest.param(text, phrase, id=f"file: {name}") for name, (text, phrase) in FILES.items()]
)


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "lab.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")

    def put(text: str | bytes) -> Path:
        path = tmp_path / "claims.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return put


def test_the_base_of_all_cases_is_good(write):
    suite = load_suite(write(claim("dL(vec, epoch=5) < 0")))
    assert [one.id for one in suite.claims] == ["one"]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    path = write(text)
    with pytest.raises(ClaimFileError) as caught:
        load_suite(path)
    message = str(caught.value)
    assert re.search(phrase, message), message
    assert re.match(re.escape(str(path)) + r":\d+:\d+: error: ", message)
    lines = message.splitlines()
    assert len(lines) <= 30 and all(len(line) < 500 for line in lines)
    problem, count = caught.value.problems[0], len(path.read_bytes().splitlines())
    assert 1 <= problem.line <= max(count, 1) and problem.column >= 1


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


@pytest.mark.parametrize(
    ("seeds", "confidence"),
    [
        (16, 0.9999),
        ("{start: 8, step: 8, max: 160}", 0.95),
        ("{start: 16, step: 16, max: 64}", 0.999),
    ],
)
def test_what_inference_can_reach_is_accepted(write, seeds, confidence):
    assert (
        load_suite(write(entry(GOOD + f"seeds: {seeds}\nconfidence: {confidence}")))
        .claims[0]
        .confidence
        == confidence
    )


def test_rows_at_fault_do_not_blame_the_files_name(write):
    path = write(claim("dL(vec, epoch=5) < 0"))
    (path.parent / "lab.csv").write_text("\n".join([*ROWS, ROWS[1]]) + "\n", encoding="utf-8")
    with pytest.raises(ClaimFileError, match="repeats row") as caught:
        load_suite(path)
    assert "not 'lab.csv'" not in str(caught.value)


def test_there_are_enough_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize(
    ("text", "line", "marked"),
    [
        (entry(GOOD + "seeds: {start: 10, step: 10, max: 100}\nconfidence: 0.9999"), 19, "0.9999"),
        (
            claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: 8, confidence: 0.99999}\n",
            18,
            "0.99999",
        ),
        (claim("dL(vek, epoch=5) < 0"), 17, "vek"),
        (claim('"dL(vek, epoch=5) < 0"'), 17, "vek"),
        (claim("dL(vec, epoch=6) < 0"), 17, "6"),
        (claim("dL(vec, epoc=5) < 0"), 17, "epoc=5"),
        (claim("1 + dl(vec, epoch=5) < 0"), 17, "dl(vec, epoch=5)"),
        (entry("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 6]}"), 18, "6"),
        (entry(GOOD + "confidence: 95"), 18, "95"),
        (entry(GOOD + "expects: 1"), 18, "expects"),
        (claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL / acuracy"), 14, "acuracy"),
        (claim("dL(vec, epoch=5) < 0").replace("main: {}", "main: {fil: x.csv}"), 12, "fil"),
        (claim("dL(vec, epoch=5) < 0").replace("replicate:", "replicat:"), 8, "replicat"),
    ],
)
def test_the_caret_marks_the_mistake(write, text, line, marked):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    found = {
        (p.line, caught.value.lines[p.line - 1][p.column - 1 : p.column - 1 + p.length])
        for p in caught.value.problems
    }
    assert (line, marked) in found, str(caught.value)


def test_a_folded_expression_is_marked_at_its_value(write):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(entry("expect: >\n  dL(vek,\n  epoch=5) < 0")))
    assert caught.value.problems[0].line == 17 and "vek" in str(caught.value)


def test_all_mistakes_of_a_file_are_told_at_once(write):
    text = (
        claim("dL(vek, epoch=5) < 0", "    tags: [skip]\n    confidence: 95\n")
        + "  two:\n    expect: dl(vec, epoch=5) < 0\n    by: 3\n"
    )
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    assert [(p.line, p.about) for p in caught.value.problems] == [
        (18, "one"),
        (19, "one"),
        (21, "two"),
        (22, "two"),
    ]


def test_one_broken_claim_hides_no_other(write):
    reading = read_suite(
        write(claim("dL(vek, epoch=5) < 0") + "  two:\n    expect: dL(vec, epoch=5) < 0\n")
    )
    assert [one.id for one in reading.suite.claims] == ["two"]
    assert [problem.about for problem in reading.problems] == ["one"]


def test_a_hundred_mistakes_fit_a_screen(write):
    text = HEAD + "".join(f"  c{i}:\n    expect: dL(vek, epoch=5) < 0\n" for i in range(100))
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    assert len(caught.value.problems) == 100
    assert len(str(caught.value).splitlines()) <= 30 and "and 94 more" in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ClaimFileError, match="no such file"):
        load_suite(tmp_path / "none.yaml")


def test_a_file_in_the_current_folder_is_named_as_a_person_would(write, monkeypatch):
    path = write("")
    monkeypatch.chdir(path.parent)
    with pytest.raises(ClaimFileError, match="^claims.yaml:1:1: error"):
        load_suite(path)


def test_columns_count_characters_behind_any_script(write):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(
            write(HEAD + '  one: {says: "\U0001f642 \u6f22", expect: "dL(vek, epoch=5) < 0"}\n')
        )
    problem = caught.value.problems[0]
    assert caught.value.lines[problem.line - 1][problem.column - 1 :][:3] == "vek"


GOOD_FILE = claim(
    "dL(e, epoch=5) << dL(dfa, epoch=20)", "    for_every: {e: [vec]}\n    by: 2.5\n    tags: [a]\n"
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, len(GOOD_FILE)),
        st.integers(0, 6),
        st.one_of(
            st.sampled_from(
                [
                    "\t",
                    " ",
                    "\n",
                    ": ",
                    "- ",
                    "{",
                    "}",
                    "[",
                    "]",
                    "'",
                    '"',
                    "&a ",
                    "*a",
                    "!!str ",
                    "#",
                    "%",
                    "|",
                    ">",
                    "---\n",
                    "1e999",
                    "null",
                    "<<: ",
                    "\x00",
                    "\ud7ff",
                    "\U0001f642",
                    "? ",
                    "\r",
                    "\u2028",
                    "true",
                    "-1",
                    "\ufeff",
                ]
            ),
            st.text(max_size=4),
        ),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(EDITS)
def test_no_edit_of_a_good_file_is_a_traceback(tmp_path_factory, edits):
    folder = tmp_path_factory.getbasetemp() / "edited"
    folder.mkdir(exist_ok=True)
    (folder / "lab.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    text = GOOD_FILE
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    (folder / "claims.yaml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
    reading = read_suite(folder / "claims.yaml")
    assert reading.suite is not None or reading.problems
    if reading.problems:
        assert (
            len(str(ClaimFileError(reading.path, reading.problems, reading.lines)).splitlines())
            <= 30
        )


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_no_bytes_are_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    assert read_suite(path).problems


def test_a_folder_is_told(tmp_path):
    with pytest.raises(ClaimFileError, match="cannot be read"):
        load_suite(tmp_path)
