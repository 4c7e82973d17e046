"""Problems of a claim file and their text: the place, the line, what is allowed and a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ON_ONE_SCREEN = 6
WIDTH = 110


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake at `line` and `column` (both from 1), `length` characters long. `about` is the
    claim with the mistake, if it is in one.
    """

    line: int
    column: int
    message: str
    hint: str = ""
    length: int = 1
    about: str | None = None


class ClaimFileError(ValueError):
    """A claim file that cannot be used. `problems` are all mistakes in order of line; `str()` shows
    as many as fit on a screen.
    """

    def __init__(self, path: Path, problems: Sequence[Problem], lines: Sequence[str] = ()):
        self.path, self.lines = path, tuple(lines)
        self.problems = tuple(sorted({(p.line, p.column, p.message): p for p in problems}.values()))
        super().__init__(path, self.problems)

    def __str__(self) -> str:
        shown = [
            render(self.path, problem, self.lines) for problem in self.problems[:ON_ONE_SCREEN]
        ]
        if (rest := len(self.problems) - ON_ONE_SCREEN) > 0:
            lines = ", ".join(
                str(problem.line) for problem in self.problems[ON_ONE_SCREEN : ON_ONE_SCREEN + 12]
            )
            shown.append(
                f"and {rest} more, on line{'s' * (rest > 1)} {lines}{', ...' if rest > 12 else ''}"
            )
        return "\n".join(shown)


def render(path: Path, problem: Problem, lines: Sequence[str]) -> str:
    """`claims.yaml:12:5: error: ...`, the line, a caret under the mistake, and the remedy."""
    place = f"{_relative(path)}:{problem.line}:{problem.column}"
    text = [f"{place}: error: {_clip(problem.message, 4 * WIDTH)}"]
    if 0 < problem.line <= len(lines):
        text += _excerpt(lines[problem.line - 1], problem)
    if problem.hint:
        text.append(f"    = {_clip(problem.hint, 3 * WIDTH)}")
    return "\n".join(text)


def _excerpt(line: str, problem: Problem) -> list[str]:
    """The line, shortened to the screen's width around the mistake, and carets under it."""
    line = "".join(character if character.isprintable() else " " for character in line.rstrip())
    column = min(problem.column - 1, len(line))
    start = 0 if column < WIDTH - 20 else column - WIDTH // 2
    shown = line[start : start + WIDTH]
    number = f"{problem.line:4d} | "
    carets = "^" * max(1, min(problem.length, len(shown) - (column - start)))
    margin = ("..." if start else "", "..." if len(line) > start + WIDTH else "")
    gutter = " " * (len(number) - 2) + "| " + " " * (len(margin[0]) + column - start)
    return [f"{number}{margin[0]}{shown}{margin[1]}", f"{gutter}{carets}"]


def _relative(path: Path) -> Path:
    """The path from the current folder, where it lies in it."""
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path


def _clip(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 3]}..."
