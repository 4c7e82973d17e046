"""Where work goes when there are several GPUs, with stand-ins for them."""

from types import SimpleNamespace

import pytest
import torch

from claims.execution.measure import Machine, settle
from claims.plugin import setup
from models.devices import placed, seeds_in_memory


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * 2**30, 80 * 2**30))
    monkeypatch.setattr(setup, "_device", lambda name: name)


def test_processes_are_spread_over_the_gpus(two_gpus):
    assert [placed("cuda", worker)[0] for worker in range(4)] == [
        "cuda:0",
        "cuda:1",
        "cuda:0",
        "cuda:1",
    ]
    with pytest.raises(ValueError, match="`device` is 'cpu'"):
        placed("cpu", 0)


def test_worker_processes_of_prepare_are_spread_too(two_gpus):
    found = [Machine("cuda").as_worker(i, 4) for i in range(4)]
    assert [(m.device, m.workers) for m in found] == [("cuda:0", 2), ("cuda:1", 2)] * 2
    assert Machine("cpu").as_worker(3, 4) == Machine("cpu", workers=4) and Machine(
        "cuda"
    ).as_worker(0, 1) == Machine("cuda")


def test_as_many_seeds_go_at_once_as_half_the_free_memory_holds(two_gpus):
    assert seeds_in_memory("cuda:0", 2**20) == 5 * 1024
    assert seeds_in_memory("cuda:0", 2**40) == 1


@pytest.mark.parametrize(("device", "chosen"), [("cuda", []), ("cuda:1", [1])])
def test_a_process_takes_the_gpu_that_it_is_told(device, chosen, monkeypatch):
    """Plain "cuda" is the current one; torch refuses to be told of it by that name."""
    told = []
    monkeypatch.setattr(
        torch.cuda,
        "set_device",
        lambda index: told.append(torch.cuda._utils._get_device_index(index)),
    )
    settle(Machine(device), 4)
    assert told == chosen and not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(
    ("workerinput", "device", "workers"),
    [
        (None, "cuda", 1),
        ({"workerid": "gw3", "workercount": 4}, "cuda:1", 2),
        ({"workerid": "gw0", "workercount": 8}, "cuda:0", 2),
    ],
)
def test_the_missing_seeds_are_shared_among_devices_not_among_workers(
    two_gpus, tmp_path, workerinput, device, workers
):
    path = tmp_path / "claims.yaml"
    path.write_text(
        "version: 1\nexperiments: {a: {kind: snapshot_sweep, dataset: digits, probe: {lr: 0.02}}}\n"
        "claims: {b: {expect: 'dL_held(vec, epoch=5) < 0'}}\n"
    )
    option = SimpleNamespace(
        claims_file=str(path),
        claims_setting=[],
        claims_seed_base=0,
        claims_device="cuda",
        claims_precision="fp32",
        claims_variants=False,
    )
    config = SimpleNamespace(option=option, invocation_params=SimpleNamespace(dir=tmp_path))
    if workerinput:
        config.workerinput = workerinput
    machine = setup.make_run(config).machine
    assert (machine.device, machine.workers) == (device, workers) and machine.identity()[
        "device"
    ] == "cuda"
