"""Digests of source code: a stored result is only as good as the code that made it.

A digest covers a module and every module of the same project that it imports, in turn. Comments and
docstrings do not count, so that explaining the code measures nothing again.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
import threading
from pathlib import Path

TOOL = "claims"  # the tool itself is no part of anybody's project
SITE = ("site-packages", "dist-packages")
# Python 3.11 may fail to parse in two threads at once: "AST constructor recursion depth mismatch"
_parsing = threading.Lock()


@functools.cache
def source_digest(module: str) -> str:
    """Digest of `module` and all that it imports from its project, 16 hex digits."""
    root = project_of(module)
    sha = hashlib.sha256()
    for name in sorted(closure(module)):
        path = _file(root, name)
        if path is not None:
            sha.update(name.encode() + b"\0" + code_digest(path).encode())
    return sha.hexdigest()[:16]


@functools.cache
def code_digest(path: Path) -> str:
    """Digest of one file's code without comments and docstrings."""
    tree = _parsed(path)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body.pop(0)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@functools.cache
def folder_digest(folder: Path) -> str:
    """Digest of the code of all modules below a folder, 16 hex digits."""
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        sha.update(path.relative_to(folder).as_posix().encode() + b"\0")
        sha.update(code_digest(path).encode())
    return sha.hexdigest()[:16]


def closure(module: str) -> set[str]:
    """`module` and the modules of its project that it imports, directly or not, at any depth of
    their code.
    """
    root = project_of(module)
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found and (path := _file(root, name)) is not None:
            found.add(name)
            waiting.extend(_imports(path, name, root))
    return found


@functools.cache
def project_of(module: str) -> Path:
    """The folder that the module's top-level package or module lies in."""
    top = module.partition(".")[0]
    loaded = getattr(sys.modules.get(top), "__spec__", None)
    spec = loaded or importlib.util.find_spec(top)
    if spec is None:
        raise ModuleNotFoundError(f"no module named {top!r}", name=top)
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).parent
    if spec.origin is None:
        raise ModuleNotFoundError(f"module {top!r} has no source file", name=top)
    return Path(spec.origin).parent


def _imports(path: Path, module: str, root: Path) -> list[str]:
    """Modules of the same project that the file of `module` imports."""
    top = module.partition(".")[0]
    alone = any(part in SITE for part in root.parts)  # installed: its neighbours are others' code
    names = [name for name in _named(path, module) if name.partition(".")[0] != TOOL]
    return [name for name in names if not alone or name.partition(".")[0] == top]


@functools.cache
def _named(path: Path, module: str) -> tuple[str, ...]:
    """Absolute names of all that a file imports; of `from a import b` both `a` and `a.b`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            steps = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join(steps) if node.level else ""
            base = ".".join(part for part in (start, node.module or "") if part)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(name for name in names if name))


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _parsed(path: Path) -> ast.Module:
    with _parsing:
        return ast.parse(path.read_text(encoding="utf-8"))


def _file(root: Path, module: str) -> Path | None:
    """The source file of a module below `root`; None where there is none."""
    place = root.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None
