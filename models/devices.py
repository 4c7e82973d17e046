"""Which device to run on, decided without importing torch wherever that can be avoided."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from claims.experiments import DeviceError

DEVICES = ("auto", "cpu", "cuda")
DRIVER_SIGNS = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def resolve_device(name: str) -> str:
    """ "cpu" or "cuda" for one of DEVICES. Raises DeviceError for any other name, or for "cuda"
    where torch sees no GPU.
    """
    if name not in DEVICES:
        raise DeviceError(f"there is no device {name!r}; allowed: {', '.join(DEVICES)}")
    if name == "cpu" or (name == "auto" and not _driver_present()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if name == "cuda":
        raise DeviceError(
            f"device cuda: torch {torch.__version__} sees no GPU; use cpu, or install a CUDA build "
            "of torch"
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


def free_memory(device: str) -> int:
    """Free bytes on a GPU."""
    import torch

    return torch.cuda.mem_get_info(device)[0]


def take(device: str, threads: int, n_seeds: int) -> None:
    """Make the GPU `device` the process's own; on a CPU, set the number of torch's threads.

    A stack of one seed runs on one thread: only there do more threads change the last bit.
    """
    import torch

    if device != "cpu":
        index = torch.device(device).index
        if index is not None:  # plain "cuda" is the current one
            torch.cuda.set_device(index)
        # "fp32" in a key means fp32, whatever the environment says
        torch.backends.cuda.matmul.allow_tf32 = False
    else:
        torch.set_num_threads(1 if n_seeds == 1 else threads)


def _driver_present() -> bool:
    """A GPU driver leaves a device file: without one, torch (two seconds to import) need not be
    asked.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1")
    return visible and (
        any(Path(sign).exists() for sign in DRIVER_SIGNS) or shutil.which("nvidia-smi") is not None
    )
