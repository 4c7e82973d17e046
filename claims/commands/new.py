"""`new`: appends a claim to a claim file. Everything else in the file keeps its bytes."""

from __future__ import annotations

import io
import math
import os
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from claims.commands import DEFAULT_FILE, tell
from claims.schema.problems import ClaimFileError
from claims.schema.yaml_source import Node, Source, control_character, plain_scalar, read

NUMBERS = ("by", "within", "factor", "margin", "confidence")


class _Finite(click.ParamType):
    """A number that a claim file can hold."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = click.FLOAT.convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class _Plain(click.ParamType):
    """Text without control characters."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if (control := control_character(value)) is not None:
            self.fail(
                f"it holds a control character (U+{ord(control):04X}); delete it.", param, ctx
            )
        return value


TEXT, NUMBER = _Plain(), _Finite()


@click.command(short_help="append a claim")
@click.option("--file", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True)
@click.option("--id", "name", type=TEXT, help="The claim's id, such as vec-lowers-heldout-early.")
@click.option("--memo", type=TEXT, help="The memo that claims it, a key of `memos`.")
@click.option("--where", type=TEXT, help="Where in the memo.")
@click.option("--says", type=TEXT, help="The claim in words.")
@click.option("--experiment", type=TEXT, help="Omitted: the first experiment.")
@click.option("--expect", type=TEXT, help="What holds: 'dL_held(vec, epoch=5) < 0'.")
@click.option("--never", type=TEXT, help="What never holds, instead of --expect.")
@click.option(
    "--for-every",
    "for_every",
    type=TEXT,
    multiple=True,
    metavar="NAME=A,B,C",
    help="A variable and its labels; repeatable.",
)
@click.option("--by", type=NUMBER, help="How many fold << and >> mean.")
@click.option("--within", type=NUMBER, help="How near approx(a, b) is, as a difference.")
@click.option("--factor", type=NUMBER, help="How near approx(a, b) is, as a ratio.")
@click.option("--margin", type=NUMBER, help="What --never forgives.")
@click.option("--seeds", type=int, help="How many seeds.")
@click.option("--confidence", type=NUMBER, help="Two-sided confidence.")
@click.option("--expected", type=TEXT, help="The verdict that passes, where it is not `supported`.")
@click.option("--note", type=TEXT, help="Why the expected verdict is not `supported`.")
@click.option("--tag", "tags", type=TEXT, multiple=True, help="A pytest mark; repeatable.")
def command(
    file: Path, name: str | None, for_every: Sequence[str], tags: Sequence[str], **options: Any
) -> None:
    """Append a claim to a claim file, after checking it. Asks for what is needed and not given."""
    try:
        source = read(file)
    except ClaimFileError as error:
        raise click.ClickException(str(error)) from None
    asking = name is None or (options["expect"] is None and options["never"] is None)
    name = name or _answer("id")
    if asking:
        _ask(options, source)
    entry = _entry(options, for_every, tags)
    before = file.read_bytes().decode("utf-8")
    after = _inserted(before, source, name, entry)
    _write_checked(file, after, name)
    click.echo(f"{file}: appended `{name}`.")


def _ask(options: dict[str, Any], source: Source) -> None:
    """Prompts for what a person would be asked about; an empty answer leaves it out."""
    memos = source.node(("memos",))
    if options["memo"] is None and memos is not None and isinstance(memos.value, dict):
        options["memo"] = _answer(f"memo ({', '.join(memos.value)}; empty for none)", optional=True)
    if options["memo"] and options["where"] is None:
        options["where"] = _answer("where in the memo")
    if options["says"] is None:
        options["says"] = _answer("the claim in words", optional=True)
    if options["expect"] is None and options["never"] is None:
        options["expect"] = _answer("expression, such as dL_held(vec, epoch=5) < 0")


def _answer(question: str, *, optional: bool = False) -> str:
    return click.prompt(
        question, type=TEXT, default="" if optional else None, show_default=False
    ).strip()


def _entry(
    options: Mapping[str, Any], for_every: Sequence[str], tags: Sequence[str]
) -> dict[str, Any]:
    """The claim's keys in the order in which claim files have them."""
    order = (
        "memo",
        "where",
        "experiment",
        "says",
        "expect",
        "never",
        "by",
        "within",
        "factor",
        "margin",
        "for_every",
        "seeds",
        "confidence",
        "expected",
        "note",
        "tags",
    )
    given = {**options, "for_every": _variables(for_every) or None, "tags": list(tags) or None}
    entry = {key: given[key] for key in order if given[key] not in (None, "")}
    for key in NUMBERS:
        if key in entry and entry[key] == int(entry[key]):
            entry[key] = int(entry[key])
    return entry


def _variables(texts: Sequence[str]) -> dict[str, list]:
    variables: dict[str, list] = {}
    for name, labels in map(_variable, texts):
        if name in variables:
            raise click.BadParameter(
                f"`{name}` is given twice; write all of its labels in one", param_hint="--for-every"
            )
        variables[name] = labels
    return variables


def _variable(text: str) -> tuple[str, list]:
    """`e=5,20,never` as a name and its labels; quotes keep a number a text."""
    name, equals, labels = text.partition("=")
    if not equals or not labels.strip():
        raise click.BadParameter(f"`{text}` is not NAME=A,B,C", param_hint="--for-every")
    return name.strip(), [_label(label.strip(), text) for label in labels.split(",")]


def _label(label: str, text: str) -> Any:
    if not label:
        raise click.BadParameter(f"`{text}` has an empty label", param_hint="--for-every")
    if len(label) > 1 and label[0] == label[-1] and label[0] in "'\"":
        return label[1:-1]
    try:
        return plain_scalar(label)
    except ValueError as error:
        raise click.BadParameter(f"`{text}`: {error.args[0]}", param_hint="--for-every") from None


def _inserted(text: str, source: Source, name: str, entry: Mapping[str, Any]) -> str:
    """The file with the entry after its last claim."""
    claims = source.root.value.get("claims")
    if (
        claims is not None
        and claims.value is not None
        and (not isinstance(claims.value, dict) or claims.flow)
    ):
        raise click.ClickException(
            f"{source.path}:{claims.line}: `claims` is not written as an indented mapping; "
            "rewrite it, one claim below the other"
        )
    existing = claims.value if claims is not None and claims.value else {}
    if name in existing:
        raise click.ClickException(
            f"{source.path}:{claims.keys[name][0]}: there is a claim `{name}` already; "
            "choose another --id"
        )
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    at = _end_of_claims(source, lines)
    block = _block(name, entry, claims, existing)
    spaced = not existing or len(existing) < 2 or not lines[_second_line(claims) - 2].strip()
    head = "" if at == 0 or lines[at - 1].endswith(("\n", "\r")) else newline
    head += "" if claims is not None else f"{newline}claims:{newline}"
    head += newline if spaced and existing else ""
    tail = newline if at < len(lines) and lines[at].strip() else ""
    return "".join(lines[:at]) + head + block.replace("\n", newline) + tail + "".join(lines[at:])


def _second_line(claims: Node) -> int:
    return sorted(line for line, _ in claims.keys.values())[1]


def _end_of_claims(source: Source, lines: Sequence[str]) -> int:
    """Index of the line before which the entry goes: behind the last claim, before blanks and
    comments of the next section.
    """
    keys = source.root.keys
    own = keys["claims"][0] if "claims" in keys else len(lines)
    following = [line for line, _ in keys.values() if line > own]
    at = min(following) - 1 if following else len(lines)
    while at > own and (not lines[at - 1].strip() or (following and lines[at - 1].startswith("#"))):
        at -= 1
    return at


def _block(
    name: str, entry: Mapping[str, Any], claims: Node | None, existing: Mapping[str, Node]
) -> str:
    """The entry as YAML, indented as the claims before it are."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    def flow(value: Any) -> Any:
        if isinstance(value, dict):
            value = CommentedMap({key: flow(inner) for key, inner in value.items()})
        elif isinstance(value, list):
            value = CommentedSeq(value)
        if isinstance(value, (CommentedMap, CommentedSeq)):
            value.fa.set_flow_style()
        return value

    outer, inner = 2, 2
    if existing:
        first = next(iter(existing))
        outer = claims.keys[first][1] - 1
        columns = [column for _, column in existing[first].keys.values()]
        inner = max(min(columns) - 1 - outer, 1) if columns else 2
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=inner)
    stream = io.StringIO()
    yaml.dump(
        CommentedMap({name: CommentedMap({key: flow(value) for key, value in entry.items()})}),
        stream,
    )
    return textwrap.indent(stream.getvalue(), " " * outer)


def _write_checked(path: Path, text: str, name: str) -> None:
    """Writes beside the file, checks that, and only then takes its place."""
    from claims.schema import read_suite

    known = {problem.message for problem in read_suite(path).problems}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        shutil.copymode(path, part)
        reading = read_suite(part)
        wrong = [
            problem
            for problem in reading.problems
            if problem.about == name or problem.message not in known
        ]
        if wrong:
            tell(path, wrong, reading.lines)
            raise click.ClickException("nothing was written")
        os.replace(part, path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
