"""Where work goes when there are several GPUs, with stand-ins for them."""

import pytest
import torch

from claims.execution.chunks import chunk_size
from claims.execution.machine import Machine
from claims.experiments import DeviceError
from models.devices import placed, take
from tests.support.experiments import create


def sweep():
    return create("snapshot_sweep", {"dataset": "digits", "probe": {"lr": 0.02}})


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * 2**30, 80 * 2**30))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def test_processes_are_spread_over_the_gpus(two_gpus):
    assert [placed("cuda", worker)[0] for worker in range(4)] == [
        "cuda:0",
        "cuda:1",
        "cuda:0",
        "cuda:1",
    ]
    with pytest.raises(ValueError, match="`device` is 'cpu'"):
        placed("cpu", 0)


def test_worker_processes_are_spread_too(two_gpus):
    found = [Machine("cuda", workers=4, worker=i).place(sweep()) for i in range(4)]
    assert [(m.device, m.workers) for m in found] == [("cuda:0", 2), ("cuda:1", 2)] * 2
    alone = Machine("cuda").place(sweep())
    assert (alone.device, alone.workers) == ("cuda", 1) and alone.identity()["device"] == "cuda"
    assert found[1].identity() == alone.identity()


def test_processes_on_a_cpu_share_the_cores(two_gpus):
    found = Machine("cpu", workers=4, worker=3).place(sweep())
    assert (found.device, found.workers) == ("cpu", 4)


def test_a_gpu_of_another_machine_is_not_looked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Machine("cuda", remote=True, workers=4).place(sweep()).device == "cuda"
    with pytest.raises(DeviceError, match="sees no GPU; use cpu"):
        Machine("cuda").place(sweep())


def test_as_many_seeds_go_at_once_as_half_the_free_memory_holds(two_gpus, monkeypatch):
    made = sweep()
    for each, n in ((2**20, 5 * 1024), (2**40, 1)):
        monkeypatch.setattr(type(made.implementation), "bytes_of_seed", lambda self, e=each: e)
        assert chunk_size(made, "cuda:0", 10**6) == n


@pytest.mark.parametrize(("device", "chosen"), [("cuda", []), ("cuda:1", [1])])
def test_a_process_takes_the_gpu_that_it_is_told(device, chosen, monkeypatch):
    """Plain "cuda" is the current one; torch refuses to be told of it by that name."""
    taken = []
    monkeypatch.setattr(
        torch.cuda,
        "set_device",
        lambda index: taken.append(torch.cuda._utils._get_device_index(index)),
    )
    take(device, 2, 4)
    assert taken == chosen and not torch.backends.cuda.matmul.allow_tf32
