"""The files of an image folder or its .zip by part and class, or an error that names a file outside
the layout.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.datasets.base import DatasetError

PARTS = ("train", "test")
LAYOUT = "train/CLASS/* and test/CLASS/*"
# files that operating systems add; hidden files are ignored too
IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")
SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Listing:
    """`files[part][class]`: names below `root`, sorted; every class has at least one in both
    parts.
    """

    root: Path
    files: dict[str, dict[str, tuple[str, ...]]]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in alphabetical order, which numbers the labels."""
        return tuple(self.files["train"])

    def names(self) -> list[str]:
        """Every file, in the order of the examples."""
        return [name for part in PARTS for names in self.files[part].values() for name in names]


def list_images(root: Path, classes: Sequence[str] | None = None) -> Listing:
    """The images below a folder, or in a .zip. Raises DatasetError."""
    files, folders = _names_in_folder(root) if root.is_dir() else _names_in_zip(root)
    top = _common_folder(files)
    found: dict[str, dict[str, list[str]]] = {part: {} for part in PARTS}
    for name in sorted(folders):
        steps = name.removeprefix(top).strip("/").split("/")
        if len(steps) == 2 and steps[0] in PARTS:
            found[steps[0]].setdefault(steps[1], [])
    for name in sorted(files):
        steps = name.removeprefix(top).split("/")
        if steps[0] not in PARTS:
            continue  # a licence, a description of the images
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


def _names_in_folder(root: Path) -> tuple[list[str], list[str]]:
    """The names of all files, and of all folders, below a folder."""
    paths = [path for path in root.rglob("*") if not _is_ignored(path.relative_to(root).parts)]
    files, folders = (
        [path.relative_to(root).as_posix() for path in some]
        for some in (filter(Path.is_file, paths), filter(Path.is_dir, paths))
    )
    return files, folders


def _names_in_zip(root: Path) -> tuple[list[str], list[str]]:
    """The names of all files, and of all folders, in a .zip. Raises DatasetError."""
    try:
        with zipfile.ZipFile(root) as file:
            names = [name for name in file.namelist() if not _is_ignored(PurePosixPath(name).parts)]
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


def _is_ignored(steps: Iterable[str]) -> bool:
    return any(step.startswith(".") or step in IGNORED for step in steps)


def _common_folder(files: Sequence[str]) -> str:
    """The one folder that contains all files, as in the archive of a folder: "photos/"; empty where
    there is none.
    """
    tops = {name.partition("/")[0] for name in files}
    return f"{tops.pop()}/" if len(tops) == 1 and not tops & set(PARTS) else ""


def _check(
    root: Path, found: dict[str, dict[str, list[str]]], classes: Sequence[str] | None
) -> None:
    """Raises DatasetError for a class or part without images, and for other classes than asked."""
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
                f"{_format_classes(lacking)} in {root} {'is' if len(lacking) == 1 else 'are'} in "
                f"{part}/ and not in {other}/; "
                "every class needs images in both"
            )
    if len(found["train"]) < 2:
        raise DatasetError(
            f"{root} has one class, {_format_classes(found['train'])}; "
            "it takes two to tell them apart"
        )
    if classes is not None and sorted(found["train"]) != sorted(classes):
        lacking = sorted(set(classes) - set(found["train"]))
        odd = (
            f"it lacks {_format_classes(lacking)}"
            if lacking
            else f"it also has {_format_classes(sorted(set(found['train']) - set(classes)))}"
        )
        raise DatasetError(
            f"{root} should have the classes {', '.join(sorted(classes))}, but {odd}; it "
            "is another data set"
        )


def _format_classes(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        ("class " if len(names) == 1 else "classes ")
        + ", ".join(f"`{name}`" for name in names[:SHOWN])
        + more
    )


__all__ = ["LAYOUT", "PARTS", "Listing", "list_images"]
