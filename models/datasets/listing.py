"""What lies in an image folder or its .zip: every file by part and class, or an error that names
what is out of place.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.datasets.base import DatasetError

PARTS = ("train", "test")
LAYOUT = "train/CLASS/* and test/CLASS/*"
IGNORED = (
    "__MACOSX",
    "Thumbs.db",
    "desktop.ini",
)  # what systems leave beside images; hidden files are left out too
SHOWN = 5


@dataclass(frozen=True)
class Listing:
    """`files[part][class]`: names below `root`, sorted; every class has at least one in either
    part.
    """

    root: Path
    files: dict[str, dict[str, tuple[str, ...]]]

    @property
    def classes(self) -> tuple[str, ...]:
        """In alphabetical order: the labels are their places."""
        return tuple(self.files["train"])

    def names(self) -> list[str]:
        """Every file, in the order in which it becomes an example."""
        return [name for part in PARTS for names in self.files[part].values() for name in names]


def listed(root: Path, classes: Sequence[str] | None = None) -> Listing:
    """The images below a folder, or in a .zip. Raises DatasetError."""
    files, folders = _of_folder(root) if root.is_dir() else _of_zip(root)
    top = _wrapping(files)
    found: dict[str, dict[str, list[str]]] = {part: {} for part in PARTS}
    for name in sorted(folders):
        steps = name.removeprefix(top).strip("/").split("/")
        if len(steps) == 2 and steps[0] in PARTS:
            found[steps[0]].setdefault(steps[1], [])
    for name in sorted(files):
        steps = name.removeprefix(top).split("/")
        if steps[0] not in PARTS:
            continue  # a licence, a page about the images
        if len(steps) != 3:
            raise DatasetError(
                f"`{name}` in {root} lies {'deeper than' if len(steps) > 3 else 'outside'} "
                f"a class; the layout is {LAYOUT}"
            )
        found[steps[0]].setdefault(steps[1], []).append(name)
    _check(root, found, classes)
    return Listing(
        root,
        {part: {name: tuple(found[part][name]) for name in sorted(found[part])} for part in PARTS},
    )


def _of_folder(root: Path) -> tuple[list[str], list[str]]:
    paths = [path for path in root.rglob("*") if _counts(path.relative_to(root).parts)]
    as_name = lambda path: path.relative_to(root).as_posix()
    return [as_name(path) for path in paths if path.is_file()], [
        as_name(path) for path in paths if path.is_dir()
    ]


def _of_zip(root: Path) -> tuple[list[str], list[str]]:
    try:
        with zipfile.ZipFile(root) as file:
            names = [name for name in file.namelist() if _counts(PurePosixPath(name).parts)]
    except FileNotFoundError:
        raise DatasetError(f"there is no {root}") from None
    except (zipfile.BadZipFile, OSError) as error:
        size = f"{root.stat().st_size:,} bytes" if root.exists() else "gone"
        raise DatasetError(
            f"{root} ({size}) is no whole .zip: {error}; copy or download it again"
        ) from error
    return [name for name in names if not name.endswith("/")], [
        name for name in names if name.endswith("/")
    ]


def _counts(steps: Iterable[str]) -> bool:
    return not any(step.startswith(".") or step in IGNORED for step in steps)


def _wrapping(files: Sequence[str]) -> str:
    """The one folder that holds all, as archives of a folder have it: "photos/", or nothing."""
    tops = {name.partition("/")[0] for name in files}
    return f"{tops.pop()}/" if len(tops) == 1 and not tops & set(PARTS) else ""


def _check(
    root: Path, found: dict[str, dict[str, list[str]]], classes: Sequence[str] | None
) -> None:
    for part in PARTS:
        if not any(found[part].values()):
            raise DatasetError(f"{root} holds no image below {part}/; the layout is {LAYOUT}")
        if empty := [name for name, files in sorted(found[part].items()) if not files]:
            raise DatasetError(
                f"{part}/{empty[0]} in {root} is empty; put its images there, or delete "
                "the class from both parts"
            )
    for part, other in (PARTS, PARTS[::-1]):
        if lacking := sorted(set(found[part]) - set(found[other])):
            raise DatasetError(
                f"{_told(lacking)} in {root} {'is' if len(lacking) == 1 else 'are'} in "
                f"{part}/ and not in {other}/; "
                "every class needs images in both"
            )
    if len(found["train"]) < 2:
        raise DatasetError(
            f"{root} has one class, {_told(found['train'])}; it takes two to tell them apart"
        )
    if classes is not None and sorted(found["train"]) != sorted(classes):
        lacking = sorted(set(classes) - set(found["train"]))
        odd = (
            f"it lacks {_told(lacking)}"
            if lacking
            else f"it also has {_told(sorted(set(found['train']) - set(classes)))}"
        )
        raise DatasetError(
            f"{root} should have the classes {', '.join(sorted(classes))}, but {odd}; it "
            "is another data set"
        )


def _told(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        ("class " if len(names) == 1 else "classes ")
        + ", ".join(f"`{name}`" for name in names[:SHOWN])
        + more
    )


__all__ = ["LAYOUT", "PARTS", "Listing", "listed"]
