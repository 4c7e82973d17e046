"""Digests of source code: a stored result is only as good as the code that made it.

A stage's digest covers its module and every module of this package it imports, in turn. Comments
and docstrings do not count, so that explaining the code does not retrain it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import threading
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "models"
# Python 3.11 may fail to parse in two threads at once: "AST constructor recursion depth mismatch"
_parsing = threading.Lock()


@functools.cache
def source_digest(module: str) -> str:
    """Digest of `models.<...>` and all that it imports from this package, 16 hex digits."""
    sha = hashlib.sha256()
    for name in sorted(closure(module)):
        sha.update(name.encode() + b"\0" + code_digest(_path(name)).encode())
    return sha.hexdigest()[:16]


@functools.cache
def code_digest(path: Path) -> str:
    """Digest of one file's code without comments and docstrings."""
    tree = _parsed(path)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            if isinstance(body[0].value.value, str):
                body.pop(0)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def closure(module: str) -> set[str]:
    """`module` and the modules of this package that it imports, directly or not, at any depth of
    its code.
    """
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found and _path(name).exists():
            found.add(name)
            waiting.extend(_imports(name))
    return found


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    names = []
    for node in ast.walk(_parsed(_path(module))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.startswith(PACKAGE.name + "."))


def _parsed(path: Path) -> ast.Module:
    with _parsing:
        return ast.parse(path.read_text(encoding="utf-8"))


def _path(module: str) -> Path:
    parts = module.split(".")[1:]
    file = PACKAGE.joinpath(*parts).with_suffix(".py")
    return file if file.exists() else PACKAGE.joinpath(*parts, "__init__.py")
