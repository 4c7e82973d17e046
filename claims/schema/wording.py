"""Pydantic's validation errors as located problems, in the words of someone who edits the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from claims.language.resolve import nearest
from claims.schema.entries import (
    VERDICTS,
    ClaimEntry,
    ClaimsFile,
    DefaultsEntry,
    ExperimentEntry,
    MemoEntry,
    ReportedEntry,
    SeedSchedule,
    VariantsEntry,
)
from claims.schema.problems import Problem
from claims.schema.yaml_source import Source


def to_problem(source: Source, detail: Mapping[str, Any]) -> Problem:
    """One entry of `ValidationError.errors()` as a located problem."""
    kind, at_key = detail["type"], "[key]" in detail["loc"]
    path = _file_path(source, detail["loc"], keep_last=kind in ("missing", "extra_forbidden"))
    about = str(path[1]) if len(path) > 1 and path[0] == "claims" else None
    name = next((step for step in reversed(path) if isinstance(step, str)), "file")
    if kind == "extra_forbidden":
        split = (
            "inside { } a comma ends the value before it: quote the expression"
            if set(name) & set("()<>=") and name != "<<"
            else ""
        )
        return source.problem(
            path,
            f"unknown key `{name}`",
            split or nearest(name, _allowed_keys(path[:-1])),
            key=True,
            about=about,
        )
    if kind == "missing":
        holder = f" in `{path[-2]}`" if len(path) > 1 else ""
        return source.problem(
            path[:-1], f"`{name}` is missing{holder}", f"add `{name}: ...`", key=True, about=about
        )
    message, hint = _message(kind, detail, str(name))
    if at_key:
        message = message.removeprefix(f"`{name}`: ")
    return source.problem(path, message, hint, key=at_key, about=about)


def drop_consequences(details: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The errors without "too short" for a list whose items are wrong: pydantic counts only the
    right ones.
    """
    places = [tuple(detail["loc"]) for detail in details]
    return [
        detail
        for detail, place in zip(details, places, strict=True)
        if detail["type"] != "too_short"
        or not any(other[: len(place)] == place and len(other) > len(place) for other in places)
    ]


def _file_path(source: Source, location: tuple, *, keep_last: bool) -> list[str | int]:
    """The location without the names that pydantic adds for the members of a union and for keys."""
    path: list[str | int] = []
    for position, step in enumerate(location):
        final = keep_last and position == len(location) - 1
        if final or source.node([*path, step]) is not None:
            path.append(step)
    return path


def _allowed_keys(path: list[str | int]) -> tuple[str, ...]:
    """Keys of the entry at a path."""
    models: dict[tuple[str, int], type[BaseModel]] = {
        ("memos", 2): MemoEntry,
        ("memos", 4): ReportedEntry,
        ("claims", 2): ClaimEntry,
        ("claims", 3): SeedSchedule,
        ("defaults", 1): DefaultsEntry,
        ("defaults", 2): SeedSchedule,
        ("experiments", 2): ExperimentEntry,
        ("variants", 2): VariantsEntry,
    }
    model = models.get((str(path[0]), len(path))) if path else ClaimsFile
    return tuple(model.model_fields) if model else ()


def _message(kind: str, detail: Mapping[str, Any], name: str) -> tuple[str, str]:
    """The message and the hint for a value that is wrong."""
    value, context = detail["input"], detail.get("ctx", {})
    shown = f"not {_shorten(value)}"
    if kind == "value_error":
        return f"`{name}`: {str(detail['msg']).removeprefix('Value error, ')}", ""
    if name == "version":
        return f"`version` must be 1, {shown}", "write `version: 1`"
    if kind == "literal_error":
        if value == "error":
            return (
                "`error` is never expected: a claim that cannot be measured fails",
                f"allowed: {', '.join(VERDICTS)}",
            )
        return f"`{name}` must be {' or '.join(VERDICTS)}, {shown}", nearest(value, VERDICTS)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return (
            f"`{name}` must be a mapping of keys to values, {shown}",
            "write `key: value` lines, indented below it",
        )
    if kind in ("tuple_type", "list_type"):
        return (
            f"`{name}` must be a list, {shown}",
            f"write [{_shorten(value).strip('`')}]" if not isinstance(value, (dict, list)) else "",
        )
    if kind == "string_type":
        return f"`{name}` must be text, {shown}", "quote it" if isinstance(
            value, (int, float)
        ) else ""
    if kind in ("too_short", "string_too_short", "string_pattern_mismatch"):
        return f"`{name}` is empty", "fill it in, or delete the key"
    if kind == "string_too_long":
        return (
            f"`{name}` is {len(value)} characters long; at most {context['max_length']} are read",
            "",
        )
    if name == "confidence":
        return f"`confidence` must be at least 0.5 and below 1, {shown}", "write 0.95 for 95 %"
    if kind.startswith(("greater_than", "less_than")):
        sign = {
            "greater_than": "above",
            "greater_than_equal": "at least",
            "less_than": "below",
            "less_than_equal": "at most",
        }[kind]
        return f"`{name}` must be {sign} {next(iter(context.values())):g}, {shown}", ""
    if kind.startswith(("int", "float")):
        return f"`{name}` must be a {'whole ' if kind.startswith('int') else ''}number, {shown}", ""
    message = str(detail["msg"])
    return f"`{name}`: {message[:1].lower()}{message[1:]}, {shown}", ""


def _shorten(value: Any) -> str:
    """A value for a message: short, or its type."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text[:40]}{'...' if len(text) > 40 else ''}`"
