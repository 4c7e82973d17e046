"""The engine against the loop a researcher would write, and against torch.func, beside the
machine's own matrix-product rate.

    python -m benchmarks.engine [--size digits cifar] [--seeds 1 8 16 64] [--rounds 5] [--device
    cpu]

All variants train the same networks by direct feedback alignment with Adam, fp32 unless named
otherwise, on data of the size named (random examples: speed does not depend on them), and are
alternated within each round; figures are medians of network-steps per second.

  engine  this package: seeds in stacks as `measure` cuts them, closed-form local gradients, no
  autograd loop    one nn.Module a seed, local losses through autograd, torch.optim vmap
  torch.func: vmap over stack_module_state, gradients by torch.func.grad, fused Adam on the stack

On a CPU every variant gets all cores the same way, as `pytest -n auto` gives them: one process a
core with one thread, the seeds split between them. Peak is the rate of one large matrix product, or
of batched products of the same shapes, whichever is faster, measured in the same round in the same
processes at once. Two shares of it are given. `textbook`: the operations (2 m n k each) of the
products that define the method, whoever computes them. `done`: those that the engine does; fewer,
since DFA's credit has rank 10 and is kept as its factors.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from claims.execution.chunks import seeds_at_once
from models import datasets
from models.settings import BridgeSettings, NetworkSettings, TrainSettings, bytes_of_network
from models.training import Task, Trainer, fresh

CLASSES = 10


@dataclass(frozen=True)
class Size:
    """One problem size; `steps` are timed in each round."""

    n_in: int
    width: int
    blocks: int
    batch: int
    steps: int

    def forward(self) -> int:
        """Multiply-adds of one example's way up."""
        return self.n_in * self.width + 2 * self.blocks * self.width**2 + self.width * CLASSES

    def textbook(self) -> float:
        """Operations of one network's step: forward, weight gradients, credit and, inside a block,
        its way to W1.
        """
        local = self.blocks * self.width**2 + (self.blocks + 1) * self.width * CLASSES
        return 2.0 * self.batch * (2 * self.forward() + local)

    def done(self) -> float:
        """The same with credit in factors: only W1's gradients are whole products."""
        pulled = CLASSES * (
            self.batch * (self.n_in + self.blocks * self.width)
            + self.width * (self.n_in + self.blocks * self.width)
        )
        down = self.blocks * CLASSES * self.width * (self.width + self.batch)
        per_example = self.forward() + self.blocks * self.width**2 + self.width * CLASSES
        return 2.0 * (self.batch * per_example + pulled + down)


SIZES = {"digits": Size(64, 64, 3, 64, 20), "cifar": Size(3072, 256, 4, 128, 6)}


def synthetic(size: Size, device: str) -> datasets.Tensors:
    """Random data of one epoch of `steps` batches."""
    generator = torch.Generator().manual_seed(0)
    n = size.steps * size.batch
    x, y = (
        torch.randn(n, size.n_in, generator=generator),
        torch.randint(CLASSES, (n,), generator=generator),
    )
    return datasets.Tensors(
        x.to(device), y.to(device), x[:64].to(device), y[:64].to(device), CLASSES
    )


def engine(size: Size, n_seeds: int, device: str, precision: str = "fp32"):
    """A function that trains the stack for `steps` steps."""
    data = synthetic(size, device)
    network, train = (
        NetworkSettings(width=size.width, blocks=size.blocks),
        TrainSettings(batch=size.batch),
    )
    task = Task("synthetic", network, train, 1.0, BridgeSettings(), precision)
    together = (
        seeds_at_once(bytes_of_network(network, train, size.n_in, CLASSES))
        if device == "cpu"
        else n_seeds
    )
    original, datasets.on_device = datasets.on_device, lambda *_: data
    try:
        chunks = [
            range(start, min(start + together, n_seeds)) for start in range(0, n_seeds, together)
        ]
        trainers = [Trainer(task, fresh(task, chunk, device), device) for chunk in chunks]
    finally:
        datasets.on_device = original

    def run() -> None:
        for trainer in trainers:
            trainer.run_epoch()

    return run


class Module(nn.Module):
    """The same network as a researcher writes it; each part gets its own credit through a local
    loss.
    """

    def __init__(self, size: Size):
        super().__init__()
        self.input = nn.Linear(size.n_in, size.width)
        self.first = nn.ModuleList(nn.Linear(size.width, size.width) for _ in range(size.blocks))
        self.second = nn.ModuleList(nn.Linear(size.width, size.width) for _ in range(size.blocks))
        self.head = nn.Linear(size.width, CLASSES)
        self.norm = nn.LayerNorm(size.width, elementwise_affine=False)

    def local_loss(self, x: torch.Tensor, y: torch.Tensor, feedback: torch.Tensor) -> torch.Tensor:
        """Its gradient is DFA's update: <h_l, e B_l> for each level on detached inputs,
        cross-entropy for the head.
        """
        levels = [self.input(x)]
        for first, second in zip(self.first, self.second, strict=True):
            h = levels[-1].detach()
            levels.append(h + second(torch.relu(first(self.norm(h)))))
        logits = self.head(self.norm(levels[-1].detach()))
        error = (
            torch.softmax(logits, -1)
            - (y.unsqueeze(-1) == torch.arange(CLASSES, device=y.device)).float()
        ).detach()
        pulls = sum((h * (error @ b)).sum() for h, b in zip(levels, feedback, strict=True)) / len(x)
        return nn.functional.cross_entropy(logits, y) + pulls


def loop(size: Size, n_seeds: int, device: str = "cpu"):
    """The naive loop over networks."""
    data = synthetic(size, device)
    made = []
    for seed in range(n_seeds):
        torch.manual_seed(seed)
        module = Module(size).to(device)
        feedback = torch.randn(size.blocks + 1, CLASSES, size.width).to(device) / math.sqrt(
            size.width
        )
        made.append((module, feedback, torch.optim.Adam(module.parameters())))

    def run() -> None:
        for module, feedback, optimizer in made:
            for step in range(size.steps):
                part = slice(step * size.batch, (step + 1) * size.batch)
                optimizer.zero_grad()
                module.local_loss(data.train_x[part], data.train_y[part], feedback).backward()
                optimizer.step()

    return run


def vmapped(size: Size, n_seeds: int, device: str):
    """The same modules under torch.func, with the fused optimizer on the stacked parameters."""
    data = synthetic(size, device)
    modules = [Module(size).to(device) for _ in range(n_seeds)]
    params, _ = torch.func.stack_module_state(modules)
    params = {name: p.detach().clone().requires_grad_() for name, p in params.items()}
    feedback = torch.randn(
        n_seeds, size.blocks + 1, CLASSES, size.width, device=device
    ) / math.sqrt(size.width)
    skeleton = Module(size).to(device)
    optimizer = torch.optim.Adam(params.values(), fused=True)

    def loss(p, x, y, b):
        return torch.func.functional_call(
            _LocalLoss(skeleton), {f"module.{k}": v for k, v in p.items()}, (x, y, b)
        )

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(0, 0, 0, 0))

    def run() -> None:
        for step in range(size.steps):
            part = slice(step * size.batch, (step + 1) * size.batch)
            x, y = (
                data.train_x[part].expand(n_seeds, -1, -1),
                data.train_y[part].expand(n_seeds, -1),
            )
            for name, gradient in gradients(
                {k: p.detach() for k, p in params.items()}, x, y, feedback
            ).items():
                params[name].grad = gradient
            optimizer.step()

    return run


class _LocalLoss(nn.Module):
    def __init__(self, module: Module):
        super().__init__()
        self.module = module

    def forward(self, x, y, feedback):
        return self.module.local_loss(x, y, feedback)


def make(variant: str, size: Size, n_seeds: int, device: str):
    """The function that takes `steps` steps with every one of `n_seeds` networks; "peak" returns
    operations a second instead.
    """
    kind, _, precision = variant.partition(" ")
    if kind == "peak":
        return lambda: peak_rate(size, n_seeds, device)
    return {"engine": engine, "loop": loop, "vmap": vmapped}[kind](
        size, n_seeds, device, *([precision] if precision else [])
    )


def _child(variant: str, size: Size, n_seeds: int, connection) -> None:
    torch.set_num_threads(1)
    run = make(variant, size, n_seeds, "cpu")
    while connection.recv():
        connection.send(run())


class OnAllCores:
    """A variant in one process a core, started and built before any clock runs."""

    def __init__(self, variant: str, size: Size, n_seeds: int, cores: int):
        context = multiprocessing.get_context("spawn")
        self.pipes, self.children = [], []
        for i in range(min(cores, n_seeds)):
            mine, theirs = context.Pipe()
            child = context.Process(
                target=_child,
                args=(variant, size, len(range(i, n_seeds, cores)), theirs),
                daemon=True,
            )
            child.start()
            self.pipes.append(mine)
            self.children.append(child)

    def __call__(self) -> list:
        for pipe in self.pipes:
            pipe.send(True)
        return [pipe.recv() for pipe in self.pipes]

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.send(False)
        for child in self.children:
            child.join()


def peak_rate(size: Size, n_seeds: int, device: str) -> float:
    """Floating-point operations a second of this machine's matrix products: one large one, or
    batched ones of the engine's largest shapes.
    """
    shapes = [
        (1, 2048, 2048, 2048),
        (n_seeds * size.blocks, size.batch, size.width, size.width),
        (n_seeds, size.batch, size.n_in, size.width),
    ]
    rates = []
    for g, m, k, n in shapes:
        left, right = (torch.randn(g, *shape, device=device) for shape in ((m, k), (k, n)))
        multiply = partial(torch.bmm, left, right, out=torch.empty(g, m, n, device=device))
        rates.append(2.0 * g * m * k * n / timed(multiply, device, repeat=5))
    return max(rates)


def timed(run, device: str, repeat: int = 1) -> float:
    """Seconds of one call, the best of `repeat`."""
    times = []
    for _ in range(repeat):
        _wait(device)
        began = time.perf_counter()
        run()
        _wait(device)
        times.append(time.perf_counter() - began)
    return min(times)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def compare(name: str, n_seeds: int, rounds: int, device: str, precisions: list[str]) -> None:
    """One size and number of seeds, all variants alternated; prints a row a variant."""
    size, cores = SIZES[name], len(os.sched_getaffinity(0))
    names = [*(f"engine {p}" for p in precisions), "loop", "vmap", "peak"]
    variants = {
        v: OnAllCores(v, size, n_seeds, cores)
        if device == "cpu"
        else make(v, size, n_seeds, device)
        for v in names
    }
    rates: dict[str, list[float]] = {v: [] for v in names}
    for run in variants.values():
        run()  # once, uncounted
    for _ in range(rounds):
        for variant, run in variants.items():
            if variant == "peak":
                found = run()
                rates[variant].append(sum(found) if isinstance(found, list) else found)
            else:
                rates[variant].append(n_seeds * size.steps / timed(run, device))
    for run in variants.values():
        if isinstance(run, OnAllCores):
            run.close()
    report(name, n_seeds, size, rates)


def report(name: str, n_seeds: int, size: Size, rates: dict[str, list[float]]) -> None:
    """Medians, and ratios taken round by round."""
    for variant, values in rates.items():
        if variant != "peak":
            ratio = statistics.median(
                mine / loops for mine, loops in zip(values, rates["loop"], strict=True)
            )
            print(
                f"{name:7s} {n_seeds:3d} seeds  {variant:12s} "
                f"{statistics.median(values):9.0f} network-steps/s"
                f"  {ratio:6.2f} x loop   (from {min(values):.0f} to {max(values):.0f})",
                flush=True,
            )
    share = statistics.median(
        mine / top for mine, top in zip(rates["engine fp32"], rates["peak"], strict=True)
    )
    print(
        f"{name:7s} {n_seeds:3d} seeds  engine fp32 at {100 * share * size.textbook():.0f} "
        "% of the measured peak of "
        f"{statistics.median(rates['peak']) / 1e9:.0f} GFLOP/s (textbook), "
        f"{100 * share * size.done():.0f} % (done)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", nargs="+", default=["digits", "cifar"], choices=SIZES)
    parser.add_argument(
        "--seeds", nargs="+", type=int, help="default: 1 8 16 64 at digits size, 1 8 at CIFAR size"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", nargs="+", default=["fp32"], help="fp32 must be among them")
    options = parser.parse_args()
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.rounds} "
        f"rounds, {options.device}"
    )
    for name in options.size:
        for n_seeds in options.seeds or ([1, 8, 16, 64] if name == "digits" else [1, 8]):
            compare(name, n_seeds, options.rounds, options.device, options.precision)


if __name__ == "__main__":
    main()
