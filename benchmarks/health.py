"""Training health of candidate networks on CIFAR-10: `CLAIMS_DATA=... python -m benchmarks.health
[--networks ...] [--epochs 10]`.

What settings are chosen by, before any verdict is looked at: held-out accuracy and loss under DFA,
and whether the states stay bounded. On calibration seeds (20000 on), which no claim is judged on.
Two seeds of one network take about a minute of one core to epoch 10.
"""

from __future__ import annotations

import argparse
from pathlib import Path

SEEDS = (20000, 20001)
NETWORKS = {
    "residual": {"width": 256, "blocks": 3},
    "plain": {"width": 256, "blocks": 2, "residual": False, "norm": "none"},
    "plain-tanh": {
        "width": 256,
        "blocks": 2,
        "residual": False,
        "norm": "none",
        "activation": "tanh",
    },
    "plain-norm": {"width": 256, "blocks": 2, "residual": False},
    "published": {"width": 1000, "blocks": 2, "residual": False, "norm": "none"},
    "published-tanh": {
        "width": 1000,
        "blocks": 2,
        "residual": False,
        "norm": "none",
        "activation": "tanh",
    },
    "published-norm": {"width": 1000, "blocks": 2, "residual": False},
    "published-small-head": {
        "width": 1000,
        "blocks": 2,
        "residual": False,
        "norm": "none",
        "head_gain": 0.1,
    },
}


def main() -> None:
    from claims.execution.machine import cores
    from claims.experiments import Context
    from claims.experiments.kinds import create
    from models.settings import PRECISIONS

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--networks",
        nargs="+",
        choices=NETWORKS,
        default=["residual", "plain", "plain-tanh", "plain-norm"],
    )
    parser.add_argument("--rates", nargs="+", type=float, default=[1e-4, 3e-4, 1e-3])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    parser.add_argument("--precision", choices=PRECISIONS, default=PRECISIONS[0])
    chosen = parser.parse_args()
    epochs = sorted({0, 1, max(1, chosen.epochs // 2), chosen.epochs})
    print(
        f"DFA, Adam, batch 128, {len(SEEDS)} seeds, means; at epochs {', '.join(map(str, epochs))}"
    )
    print(
        "| network | step size | accuracy | loss | rms of the last level | cosine to the "
        "gradient, by layer, at the end |\n|---|---|---|---|---|---|"
    )
    for name in chosen.networks:
        for rate in chosen.rates:
            options = {
                "dataset": "cifar10",
                "network": NETWORKS[name],
                "credits": ["dfa"],
                "snapshots": epochs,
                "train": {
                    "lr": rate,
                    "batch": 128,
                    "epochs": chosen.epochs,
                    "schedule": chosen.schedule,
                },
            }
            context = Context(precision=chosen.precision, threads=cores())
            means = (
                create("models.experiments.credit_training:CreditTraining", options, Path("."))
                .measure(SEEDS, context)
                .mean("seed")
                .sel(credit="dfa")
            )
            cells = [
                ", ".join(f"{v:.3g}" for v in means[metric].values)
                for metric in ("accuracy", "loss", "state_norm")
            ]
            cells.append(", ".join(f"{v:.2f}" for v in means["alignment"].isel(epoch=-1).values))
            print(f"| {name} | {rate:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
