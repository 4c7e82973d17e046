"""Text to nodes: what parses, where errors point, and that no text does any harm."""

import ast
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claims.language import ExpressionError, parse_claim, parse_value, to_text
from claims.language.nodes import Chain, Select
from tests.support import ROOT
from tests.support.language import FAST, TOKENS


def test_shifts_are_equals_of_comparisons():
    assert parse_claim("a << b << c") == Chain(tuple(map(Select, "abc")), ("<<", "<<"))
    assert parse_claim("a << b < c >> d") == Chain(tuple(map(Select, "abcd")), ("<<", "<", ">>"))
    assert parse_claim("a + 1 << b * 2").operators == ("<<",)


def check_harmless(text: str) -> None:
    """Parses, or raises the one error with a place inside the text; a parsed text prints and parses
    again.
    """
    for parse in (parse_claim, parse_value):
        try:
            node = parse(text)
        except ExpressionError as error:
            assert 0 <= error.span.start <= error.span.end <= max(len(text), 1)
            assert error.message
        else:
            assert parse(to_text(node)) == node


@FAST
@given(TOKENS | st.text(max_size=60))
@example("a" * 1999 + "<")
@example("-" * 1999 + "1")
@example("+".join(["a"] * 900))
@example("(" * 2000)
@example("a<" * 900 + "a")
@example("a(" + ",".join(["b"] * 900) + ")<0")
@example("not " * 400 + "a")
@example("a < 0 and " * 150 + "a < 0")
@example("9" * 1990)
@example("1e9999 < a")
@example("'\\ud800' < a")
@example("a('\\x00') < 0")
@example('a("""x""") < 0')
@example("a(r'\\') < 0")
def test_no_text_does_harm(text):
    began = time.monotonic()
    check_harmless(text)
    assert time.monotonic() - began < 2


# prints the interpreter's audit events while each text is parsed, and those of an evaluation
EVENTS = """
import sys
from claims.language import ExpressionError, parse_claim, parse_value
from tests.support.language import compiled

seen = None
sys.addaudithook(lambda event, arguments: None if seen is None else seen.add(event))


def events(text):
    global seen
    for parse in (parse_claim, parse_value, compiled):
        seen = set()
        try:
            parse(text)
        except ExpressionError:
            pass
        yield from seen
        seen = None


list(events("accuracy(5) < 1"))  # what is imported on first use
for text in sys.argv[1:]:
    print("text", *events(text))
seen = set()
eval("1 + 1")
print("evaluation", *seen)
"""
HOSTILE = [
    "accuracy(5) < 1",
    "__import__('os').system('exit 1') < 0",
    "exec('import this') < 0",
    "eval('1') < accuracy(5)",
    "(lambda: 1)() < accuracy(5)",
    "[open(x) for x in 'a'] < 0",
    "accuracy(__import__('this')) < 0",
    "speed('__import__(\\'this\\')') < 0",
]


def test_nothing_is_evaluated():
    """The interpreter's audit events: a text is compiled to a tree, and nothing is executed,
    imported or opened.
    """
    done = subprocess.run(
        [sys.executable, "-c", EVENTS, *HOSTILE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    *texts, evaluation = [set(line.split()[1:]) for line in done.stdout.splitlines()]
    assert "exec" in evaluation
    assert len(texts) == len(HOSTILE)
    for events in texts:
        assert "compile" in events and events <= {"compile", "builtins.id"}


def test_no_module_of_the_language_names_an_evaluator():
    for path in (ROOT / "claims" / "language").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.id if isinstance(node, ast.Name) else None
            assert name not in ("eval", "exec", "compile", "__import__"), path
            assert not isinstance(node, ast.Attribute) or node.attr != "literal_eval", path


def test_parsing_leaves_no_module_behind():
    before = set(sys.modules)
    check_harmless("__import__('this') < 0")
    assert "this" not in set(sys.modules) - before


def test_errors_point_at_characters_also_behind_other_scripts():
    text = "a('é漢') < b.c"
    with pytest.raises(ExpressionError) as caught:
        parse_claim(text)
    assert text[caught.value.span.start : caught.value.span.end] == "b.c"
