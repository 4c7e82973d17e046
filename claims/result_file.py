"""reports/claims.json: the results of a run as data, written, and checked where they are read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.evidence import Evidence, plain
from claims.result_migration import migrated

if TYPE_CHECKING:
    from claims.results import RunResults
    from claims.schema import Suite

VERSION = 2
FILE_NAME = "claims.json"
SCHEMAS = {
    1: Path(__file__).parent / "result_schema_v1.json",
    2: Path(__file__).parent / "result_schema.json",
}


class ResultFileError(ValueError):
    """A file that cannot be used as a result file; one line names the file and says why."""


@dataclass(frozen=True)
class Result:
    """A result file as read. `asked`: how many claims its run was to judge."""

    path: Path
    partial: bool
    environment: Mapping[str, Any]
    settings: Mapping[str, Any]
    memos: Mapping[str, Mapping[str, Any]]
    claims: tuple[Evidence, ...]
    asked: int

    def about(self, memo: str | None) -> Mapping[str, Any]:
        """What the file has of a memo: title, date, source, printed figures; empty for None."""
        return self.memos.get(memo, {}) if memo is not None else {}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], path: Path) -> Result:
        """The content of a valid file of this version."""
        claims = tuple(Evidence.from_json(claim) for claim in data["claims"])
        return cls(
            path,
            data["partial"],
            data["environment"],
            data["settings"],
            data["memos"],
            claims,
            data.get("asked", len(claims)),
        )


def collect(results: RunResults) -> dict[str, Any]:
    """The result file's content."""
    settings = sorted({e.setting for e in results.evidence})
    return {
        "version": VERSION,
        "partial": results.partial,
        "asked": results.asked,
        "environment": dict(results.environment),
        "settings": {name: _options_in(results.suite, name) for name in settings},
        "memos": {memo: _memo(results, memo) for memo in results.suite.memos},
        "claims": [e.to_json() for e in results.evidence],
    }


def _options_in(suite: Suite, setting: str) -> dict[str, Any]:
    """{experiment: its options in this setting}."""
    return {
        spec.name: plain(dict(spec.settings[setting]))
        for spec in suite.experiments.values()
        if setting in spec.settings
    }


def _memo(results: RunResults, name: str) -> dict[str, Any]:
    memo = results.suite.memos[name]
    return {
        "title": memo.title,
        "date": memo.date,
        "source": memo.source,
        "reported": [figure.to_json() for figure in results.figures if figure.memo == name],
    }


def result_text(result: Mapping[str, Any]) -> str:
    """The content as the text of a file."""
    return json.dumps(result, indent=1, allow_nan=False) + "\n"


def write_atomic(path: Path, text: str) -> Path:
    """Write a file whole or not at all, its folder too; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
    return path


def read_result(path: Path) -> Result:
    """A result file of this version or an earlier one, checked against its version's schema.

    Raises ResultFileError for a file that is absent, cut short, newer, or no result file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ResultFileError(f"{path}: not a result file: it is not text") from None
    except json.JSONDecodeError as error:
        end = error.doc.rstrip()
        cut = "cut short" if error.pos >= len(end) or "Unterminated" in error.msg else "damaged"
        raise ResultFileError(
            f"{path}: {cut} at line {error.lineno}: not a whole result file; write it "
            "again with pytest claims/"
        ) from None
    _validate(path, data)
    return Result.from_json(migrated(data), path)


def _validate(path: Path, data: Any) -> None:
    if not isinstance(data, dict) or "claims" not in data or "version" not in data:
        raise ResultFileError(f"{path}: not a result file: it has no `version` and `claims`")
    version = data["version"]
    if isinstance(version, int) and version > VERSION:
        raise ResultFileError(
            f"{path}: version {version} is newer than {VERSION}, the newest that this "
            "program reads; update the program"
        )
    if type(version) is not int or version not in SCHEMAS:
        raise ResultFileError(f"{path}: not a result file: `version` is {json.dumps(version)}")
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMAS[version].read_text(encoding="utf-8"))
    for problem in Draft202012Validator(schema).iter_errors(data):
        place = "/".join(map(str, problem.absolute_path)) or "the top"
        raise ResultFileError(
            f"{path}: not a result file of version {version}: at {place}: {problem.message[:200]}"
        )


def check_same_memo(
    name: Path | str, memos: Iterable[str], other: Path | str, others: Iterable[str]
) -> None:
    """Raises ResultFileError for two results, or a result and a suite, without a common memo."""
    memos, others = set(memos), set(others)
    if memos | others and not memos & others:
        raise ResultFileError(
            f"{name}: speaks of {_format_memos(memos)}, {other} of {_format_memos(others)}; "
            "only results of one memo can be compared"
        )


def _format_memos(memos: set[str]) -> str:
    return f"memo {', '.join(sorted(memos))}" if memos else "no memo"
