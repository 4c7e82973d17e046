"""Miniature images, folders, .zips and archives, in the layouts of the real ones."""

import io
import tarfile
import zipfile

import numpy as np
from PIL import Image

from models.datasets.cifar10 import CLASSES


def pixels(seed, size=(5, 4), mode="RGB"):
    """Random pixels (height, width[, 3]) of an image of `size` (width, height)."""
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(array, form="PNG"):
    """The file of an image; PNG keeps every pixel."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, form)
    return file.getvalue()


def images(classes=("cat", "dog"), train=3, test=2, **options):
    """{name: file} in the layout of an image folder, every image another."""
    names = [
        f"{part}/{name}/{n:04}.png"
        for part, count in (("train", train), ("test", test))
        for name in classes
        for n in range(count)
    ]
    return {name: encoded(pixels(seed, **options)) for seed, name in enumerate(names)}


def as_folder(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def as_zip(path, files):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def binary_archive(path, by_name):
    """The original's layout: {member: [(label, pixels (3, 32, 32))]}."""
    with tarfile.open(path, "w:gz") as archive:
        for name, records in by_name.items():
            content = b"".join(bytes([label]) + image.tobytes() for label, image in records)
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def miniature():
    """CIFAR-10 with two images a class to train on and one held out: {part: [(label, pixels)]}, in
    the order of the classes.
    """
    rng = np.random.default_rng(0)
    return {
        part: [
            (label, rng.integers(0, 256, (3, 32, 32), dtype=np.uint8))
            for label in range(10)
            for _ in range(n)
        ]
        for part, n in (("train", 2), ("test", 1))
    }


def miniature_jpeg(path):
    """The same in the layout of the JPEG .zip, but as PNG, which keeps every pixel: Pillow goes by
    content, not by name.
    """
    files = {
        f"{part}/{CLASSES[label]}/{n:04}.jpg": encoded(image.transpose(1, 2, 0))
        for part, records in miniature().items()
        for n, (label, image) in enumerate(records)
    }
    return as_zip(path, files)
