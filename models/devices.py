"""Which device to run on, decided without importing torch wherever that can be avoided."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

DEVICES = ("auto", "cpu", "cuda")
DRIVER_SIGNS = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


class DeviceError(ValueError):
    """The device asked for is not to be had; the message says what is."""


def resolve_device(name: str) -> str:
    """"cpu" or "cuda" for one of DEVICES. Raises DeviceError for any other name, or for "cuda" where torch sees no GPU."""
    if name not in DEVICES:
        raise DeviceError(f"`--device` is {name!r}; allowed: {', '.join(DEVICES)}")
    if name == "cpu" or (name == "auto" and not _driver_present()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if name == "cuda":
        raise DeviceError(f"`--device cuda`: torch {torch.__version__} sees no GPU; use --device cpu, or install a CUDA build of torch")
    return "cpu"


def _driver_present() -> bool:
    """A GPU driver leaves a device file: without one, torch (two seconds to import) need not be asked."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1")
    return visible and (any(Path(sign).exists() for sign in DRIVER_SIGNS) or shutil.which("nvidia-smi") is not None)
