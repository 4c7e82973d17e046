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
    """ "cpu" or "cuda" for one of DEVICES. Raises DeviceError for any other name, or for "cuda"
    where torch sees no GPU.
    """
    if name not in DEVICES:
        raise DeviceError(f"`--device` is {name!r}; allowed: {', '.join(DEVICES)}")
    if name == "cpu" or (name == "auto" and not _driver_present()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if name == "cuda":
        raise DeviceError(
            f"`--device cuda`: torch {torch.__version__} sees no GPU; use --device cpu, or "
            "install a CUDA build of torch"
        )
    return "cpu"


def placed(device: str, worker: int) -> tuple[str, int]:
    """Where the process numbered `worker` (from 0) works, and how many there are that need to: on
    GPUs, the first on the first, and one for each.
    """
    if device != "cuda":
        raise ValueError(f"`device` is {device!r}; only processes on cuda are spread over devices")
    import torch

    n_devices = torch.cuda.device_count()
    return f"cuda:{worker % n_devices}", n_devices


def seeds_in_memory(device: str, each: int) -> int:
    """How many seeds of `each` bytes half of a GPU's free memory holds, at least one: forking arms
    and probing take as much again.
    """
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    return max(1, free // 2 // each)


def _driver_present() -> bool:
    """A GPU driver leaves a device file: without one, torch (two seconds to import) need not be
    asked.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1")
    return visible and (
        any(Path(sign).exists() for sign in DRIVER_SIGNS) or shutil.which("nvidia-smi") is not None
    )
