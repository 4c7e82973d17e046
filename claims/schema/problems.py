"""What is wrong with a claim file, told to a person: every mistake with its place, the line, what
is allowed and a remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ON_ONE_SCREEN = 6
WIDTH = 110


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake at `line` and `column` (both from 1) reaching over `length` characters. `about` is
    the claim at fault, if one is.
    """

    line: int
    column: int
    message: str
    hint: str = ""
    length: int = 1
    about: str | None = None


class ClaimFileError(ValueError):
    """A claim file that cannot be used. `problems` holds every mistake in order of line; `str()`
    fits on a screen.
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
    text = [
        f"{_near(path)}:{problem.line}:{problem.column}: error: {_clip(problem.message, 4 * WIDTH)}"
    ]
    if 0 < problem.line <= len(lines):
        text += _excerpt(lines[problem.line - 1], problem)
    if problem.hint:
        text.append(f"    = {_clip(problem.hint, 3 * WIDTH)}")
    return "\n".join(text)


def _excerpt(line: str, problem: Problem) -> list[str]:
    """The line, cut to the screen's width around the mistake, with its caret."""
    line = "".join(character if character.isprintable() else " " for character in line.rstrip())
    column = min(problem.column - 1, len(line))
    start = 0 if column < WIDTH - 20 else column - WIDTH // 2
    shown = line[start : start + WIDTH]
    number = f"{problem.line:4d} | "
    carets = "^" * max(1, min(problem.length, len(shown) - (column - start)))
    margin = ("..." if start else "", "..." if len(line) > start + WIDTH else "")
    gutter = " " * (len(number) - 2) + "| " + " " * (len(margin[0]) + column - start)
    return [f"{number}{margin[0]}{shown}{margin[1]}", f"{gutter}{carets}"]


def _near(path: Path) -> Path:
    """The path as a person in the current folder would write it."""
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path


def _clip(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 3]}..."
