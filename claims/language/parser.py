"""Text to nodes, by Python's own `ast` and a white list. Python never evaluates the text."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Sequence
from typing import NoReturn, TypeGuard, TypeVar

from claims.language.guard import MAX_LENGTH, check_characters
from claims.language.nodes import (
    FUNCTIONS,
    RESERVED,
    Approx,
    Binary,
    Call,
    Chain,
    Conjunction,
    ExpressionError,
    Label,
    Negate,
    Number,
    Select,
    Span,
    Statement,
    Value,
)
from claims.language.printer import to_text
from claims.language.unsupported import INSTEAD, LANGUAGE

MAX_DEPTH = 60
N = TypeVar("N", Statement, Value)
_ARITHMETIC: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_ORDER: dict[type, str] = {ast.Lt: "<", ast.Gt: ">"}
_RATIO: dict[type, str] = {ast.LShift: "<<", ast.RShift: ">>"}


def parse_claim(text: str) -> Statement:
    """The statement of a claim: comparisons, chained or joined by `and`, and `approx(...)`. Raises
    `ExpressionError` and nothing else.
    """
    return _check_length(_Parser(text).claim())


def parse_value(text: str) -> Value:
    """A quantity, as under `metrics:` and in `reported`. Raises `ExpressionError` and nothing
    else.
    """
    return _check_length(_Parser(text).quantity())


def _check_length(node: N) -> N:
    """The node, if its printed text, which has blanks between all parts, can be parsed again."""
    if len(to_text(node)) > MAX_LENGTH:
        raise ExpressionError(
            "the expression has too many parts: written with blanks it is longer than "
            f"{MAX_LENGTH} characters",
            node.span,
            "split the claim, or name a part of it under `metrics:`",
        )
    return node


class _Parser:
    """One text being parsed; its errors point at characters of it."""

    def __init__(self, text: str):
        check_characters(text)
        self.text = text
        flat = "".join(" " if character.isspace() else character for character in text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(f"({flat})", mode="eval").body
        except SyntaxError as error:
            start = min(max((error.offset or 2) - 2, 0), len(text) - 1)
            hint = (
                "a dimension takes a label: dimension=label"
                if "'=' " in str(error) or "keyword" in str(error)
                else LANGUAGE
            )
            raise ExpressionError("this is no expression", Span(start, start + 1), hint) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise ExpressionError(
                "the expression is too large to be read", hint="name a part of it under `metrics:`"
            ) from None
        self._bytes = f"({flat})".encode()

    def claim(self) -> Statement:
        parts = tuple(self._part(node) for node in self._conjuncts(self.tree, 0))
        return parts[0] if len(parts) == 1 else Conjunction(parts, span=self._span(self.tree))

    def quantity(self) -> Value:
        if isinstance(self.tree, ast.Compare) or self._is_ratio(self.tree):
            self._reject(
                "a comparison", self.tree, "a quantity is wanted here, such as dL_held / dL_same"
            )
        return self._value(self.tree, 0)

    def _conjuncts(self, node: ast.expr, depth: int) -> list[ast.expr]:
        if depth > MAX_DEPTH:
            self._too_deep(node)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            return [part for value in node.values for part in self._conjuncts(value, depth + 1)]
        return [node]

    def _part(self, node: ast.expr) -> Chain | Approx:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "approx"
        ):
            return self._approx(node)
        if isinstance(node, ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            self._instead(node.op, node)
        if isinstance(node, ast.Compare):
            links = [(None, node.left), *zip(node.ops, node.comparators, strict=True)]
        elif self._is_ratio(node):
            links = [(None, node)]
        else:
            self._value(node, 0)  # a mistake inside comes first
            raise ExpressionError(
                "a claim compares: this has neither < nor > nor approx(...)",
                self._span(node),
                "write for example `... > 0`",
            )
        return self._chain(node, links)

    def _chain(self, node: ast.expr, links: Sequence[tuple[ast.cmpop | None, ast.expr]]) -> Chain:
        operands: list[Value] = []
        operators: list[str] = []
        previous = node
        for operator, comparand in links:
            operand = comparand
            if operator is not None:
                if type(operator) not in _ORDER:
                    self._instead(
                        operator, operand, Span(self._span(previous).end, self._span(operand).start)
                    )
                operators.append(_ORDER[type(operator)])
            ratios: list[str] = []
            values: list[ast.expr] = []
            # << binds tighter than < in Python; here the two are equals
            while self._is_ratio(operand):
                ratios.append(_RATIO[type(operand.op)])
                values.append(operand.right)
                operand = operand.left
            operators.extend(reversed(ratios))
            operands.extend(self._value(value, 0) for value in (operand, *reversed(values)))
            previous = comparand
        return Chain(tuple(operands), tuple(operators), span=self._span(node))

    def _approx(self, node: ast.Call) -> Approx:
        options: dict[str, float] = {}
        for keyword in node.keywords:
            if keyword.arg not in ("within", "factor"):
                self._reject(
                    f"`{keyword.arg or '**'}` in approx",
                    keyword.value,
                    "approx takes within=... or factor=...",
                )
            options[keyword.arg] = self._constant(keyword.value, keyword.arg)
        if len(node.args) != 2:
            raise ExpressionError(
                f"approx compares two quantities, not {len(node.args)}",
                self._span(node),
                "write approx(a, b, within=0.1) or approx(a, b, factor=2)",
            )
        if len(options) > 1:
            raise ExpressionError("approx takes `within` or `factor`, not both", self._span(node))
        left, right = (self._value(argument, 1) for argument in node.args)
        return Approx(left, right, **options, span=self._span(node))

    def _constant(self, node: ast.expr, name: str) -> float:
        value = self._value(node, 0)
        if not isinstance(value, Number):
            raise ExpressionError(f"`{name}` is a plain number", self._span(node))
        low = 0 if name == "within" else 1
        if not value.value > low:
            raise ExpressionError(
                f"`{name}` must be above {low}, not {value.value:g}", self._span(node)
            )
        return value.value

    def _value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            self._too_deep(node)
        span = self._span(node)
        match node:
            case ast.Constant(value=bool() | None):
                self._reject(f"`{node.value}`", node, "quote it if it is a label")
            case ast.Constant(value=int() | float() as number):
                return Number(self._finite(node, number), span=span)
            case ast.Constant(value=str()):
                raise ExpressionError(
                    "a quoted label stands inside a selection only", span, 'write metric("label")'
                )
            case ast.Name():
                return Select(self._metric(node), span=span)
            case ast.UnaryOp(op=ast.UAdd()):
                return self._value(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.USub()):
                operand = self._value(node.operand, depth + 1)
                return (
                    Number(-operand.value, span=span)
                    if isinstance(operand, Number)
                    else Negate(operand, span=span)
                )
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                left, right = self._value(node.left, depth + 1), self._value(node.right, depth + 1)
                return Binary(_ARITHMETIC[type(node.op)], left, right, span=span)
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                return self._function(node, name, depth)
            case ast.Call(func=ast.Name() as metric):
                return self._select(node, metric)
        operation = isinstance(node, ast.BoolOp | ast.BinOp | ast.UnaryOp)
        return self._instead(node.op if operation else node, node)

    def _function(self, node: ast.Call, name: str, depth: int) -> Call:
        if len(node.args) != 1 or node.keywords:
            raise ExpressionError(
                f"`{name}` takes one quantity", self._span(node), f"write {name}(metric(label))"
            )
        return Call(name, self._value(node.args[0], depth + 1), span=self._span(node))

    def _select(self, node: ast.Call, name: ast.Name) -> Select:
        metric = self._metric(name)
        labels = tuple(self._label(argument) for argument in node.args)
        named = []
        for keyword in node.keywords:
            if keyword.arg is None:
                self._reject("`**`", keyword.value, "name each dimension: dimension=label")
            named.append((keyword.arg, self._label(keyword.value)))
        return Select(metric, labels, tuple(named), span=self._span(node))

    def _metric(self, node: ast.Name) -> str:
        if node.id in RESERVED:
            if node.id == "approx":
                self._reject(
                    "approx(...) inside a quantity",
                    node,
                    "approx(...) is a whole comparison; join others with `and`",
                )
            self._reject(f"`{node.id}` without a quantity", node, f"write {node.id}(metric(label))")
        return node.id

    def _label(self, node: ast.expr) -> Label:
        span = self._span(node)
        match node:
            case ast.Name():
                return Label(node.id, span=span)
            case ast.Constant(value=str(text)):
                if not text.isprintable():
                    raise ExpressionError("a label holds a character that cannot be printed", span)
                return Label(text, quoted=True, span=span)
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return Label(self._finite(node, number), span=span)
            case ast.UnaryOp(
                op=ast.USub(), operand=ast.Constant(value=int() | float() as number)
            ) if not isinstance(number, bool):
                return Label(-self._finite(node.operand, number), span=span)
        raise ExpressionError(
            "a label is a name, a number or a quoted text", span, 'quote it: metric("label")'
        )

    def _finite(self, node: ast.expr, number: int | float) -> int | float:
        try:
            if math.isfinite(float(number)):
                return number
        except OverflowError:
            pass
        raise ExpressionError("this number is too large", self._span(node), "at most about 1e308")

    @staticmethod
    def _is_ratio(node: ast.expr) -> TypeGuard[ast.BinOp]:
        return isinstance(node, ast.BinOp) and type(node.op) in _RATIO

    def _instead(self, found: ast.AST, node: ast.expr, between: Span | None = None) -> NoReturn:
        name = {
            ast.Compare: "a comparison",
            ast.BoolOp: "`and`",
            ast.LShift: "`<<`",
            ast.RShift: "`>>`",
        }.get(type(found))
        if name:
            self._reject(
                f"{name} inside a quantity",
                node,
                "a claim compares quantities; join comparisons with `and`",
            )
        what, hint = INSTEAD.get(type(found), (f"this ({type(found).__name__})", LANGUAGE))
        if between is not None:
            raise ExpressionError(
                f"{what} is not part of the claim language", self._trimmed(between), hint
            )
        self._reject(what, node, hint)

    def _reject(self, what: str, node: ast.expr, hint: str = "") -> NoReturn:
        raise ExpressionError(f"{what} is not part of the claim language", self._span(node), hint)

    def _trimmed(self, span: Span) -> Span:
        inside = self.text[span.start : span.end]
        return Span(
            span.start + len(inside) - len(inside.lstrip()), span.start + len(inside.rstrip())
        )

    def _too_deep(self, node: ast.expr) -> NoReturn:
        raise ExpressionError(
            f"the expression is nested deeper than {MAX_DEPTH} operations",
            self._span(node),
            "name a part of it under `metrics:`",
        )

    def _span(self, node: ast.expr) -> Span:
        """The characters of a node. `ast` counts bytes of the text in brackets."""
        start, end = (
            len(self._bytes[:offset].decode(errors="ignore")) - 1
            for offset in (node.col_offset, node.end_col_offset or 0)
        )
        return Span(max(start, 0), min(end, len(self.text)))
