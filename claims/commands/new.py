"""`new`: a claim appended to a claim file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from claims.commands import DEFAULT_FILE, write_claim_file
from claims.schema import ClaimFileError, LoadResult, read_suite
from claims.schema.editing import EditError, with_entry
from claims.schema.yaml_source import Source, control_character, plain_scalar, read

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


@click.command()
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    default=DEFAULT_FILE,
    show_default=True,
    help="Claim file to append to",
)
@click.option("--id", "name", type=TEXT, help="The claim's id, such as vec-lowers-heldout-early")
@click.option("--memo", type=TEXT, help="The memo that claims it, a key of `memos`")
@click.option("--where", type=TEXT, help="Where in the memo")
@click.option("--says", type=TEXT, help="The claim in words")
@click.option("--experiment", type=TEXT, help="Experiment that it is about (default: the first)")
@click.option("--expect", type=TEXT, help="What holds, such as 'dL_held(vec, epoch=5) < 0'")
@click.option("--never", type=TEXT, help="What never holds, instead of --expect")
@click.option(
    "--for-every",
    "for_every",
    type=TEXT,
    multiple=True,
    metavar="NAME=A,B,C",
    help="A variable and its labels; repeatable",
)
@click.option("--by", type=NUMBER, help="How many fold << and >> mean")
@click.option("--within", type=NUMBER, help="How near approx(a, b) is, as a difference")
@click.option("--factor", type=NUMBER, help="How near approx(a, b) is, as a ratio")
@click.option("--margin", type=NUMBER, help="How far beyond its threshold --never still holds")
@click.option("--seeds", type=int, help="How many seeds")
@click.option("--confidence", type=NUMBER, help="Two-sided confidence")
@click.option("--expected", type=TEXT, help="The verdict that passes, where it is not `supported`")
@click.option("--note", type=TEXT, help="Why the expected verdict is not `supported`")
@click.option("--tag", "tags", type=TEXT, multiple=True, help="A pytest mark; repeatable")
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
    _check_new(source, name)
    try:
        text = with_entry(file.read_bytes().decode("utf-8"), source, "claims", name, entry)
    except EditError as error:
        raise click.ClickException(str(error)) from None
    write_claim_file(file, text, _check(file, name))
    click.echo(f"{file}: appended `{name}`.")


def _check_new(source: Source, name: str) -> None:
    """Raises click.ClickException for an id that a claim of the file has already."""
    claims = source.node(("claims",))
    if claims is not None and name in claims.keys:
        raise click.ClickException(
            f"{source.path}:{claims.keys[name][0]}: there is a claim `{name}` already; "
            "choose another --id"
        )


def _ask(options: dict[str, Any], source: Source) -> None:
    """Asks for what the options leave out; an empty answer leaves it out as well."""
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


def _check(path: Path, name: str) -> Callable[[LoadResult], None]:
    """Raises for an edited file with a problem of the new claim, or one that it had not before."""
    known = {problem.message for problem in read_suite(path).problems}

    def check(reading: LoadResult) -> None:
        problems = [p for p in reading.problems if p.about == name or p.message not in known]
        if problems:
            raise ClaimFileError(path, problems, reading.lines)

    return check
