"""How long the reports of many claims take, and how large they are: `python -m benchmarks.report
[CLAIMS SEEDS]`.

Claims are synthetic: a third compares a value with a number, a third two values, a third a ratio of
two on the log scale.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

MIB = 2**20


def claim(i: int, n_seeds: int, rng: np.random.Generator) -> dict[str, Any]:
    """One claim of a result file, judged roughly: by t, which costs nothing."""
    kind = i % 3
    sides = [f"loss(credit=vec, epoch={i})", f"loss(credit=dfa, epoch={i})"][
        : 1 if kind == 0 else 2
    ]
    terms = {side: np.exp(rng.normal(k, 0.3, n_seeds)) for k, side in enumerate(sides)}
    values = [np.log(v) if kind == 2 else v for v in terms.values()]
    estimates = values[0] if kind == 0 else values[0] - values[1]
    estimate, reach = float(estimates.mean()), float(2 * estimates.std(ddof=1) / np.sqrt(n_seeds))
    left, right = (*sides, "2")[:2]
    upper = 2.0 if kind == 0 else 0.0
    atom = {
        "expression": f"{left} < {right}",
        "bindings": {},
        "estimate": estimate,
        "low": estimate - reach,
        "high": estimate + reach,
        "threshold": upper,
        "p_value": 0.001,
        "verdict": "supported",
        "log": kind == 2,
        "reason": "",
        "lower": None,
        "upper": upper,
        "estimand": [left, f"{left} - {right}", f"log({left}) - log({right})"][kind],
    }
    return {
        "id": f"claim-{i}",
        "setting": "made-up",
        "experiment": "made-up",
        "expression": atom["expression"],
        "memo": "M",
        "where": f"line {i}",
        "says": f"The loss of rule {i} stays where this sentence says it does.",
        "note": None,
        "tags": [],
        "expected": "supported",
        "verdict": "supported",
        "outcome": "passed",
        "reason": "",
        **{k: atom[k] for k in ("estimate", "low", "high", "threshold", "p_value")},
        "confidence": 0.95,
        "method": "t",
        "p_holm": 0.5,
        "n_seeds": n_seeds,
        "seeds": list(range(n_seeds)),
        "seeds_needed": None,
        "replication_probability": None,
        "false_positive_rate": None,
        "elapsed_s": 0.0,
        "settings_digest": "s",
        "source_digest": "c",
        "paired": True,
        "rerun": f"pytest 'claims/test_claims.py::test_claim[claim-{i}]'",
        "headline": 0,
        "atoms": [atom],
        "terms": {k: v.tolist() for k, v in terms.items()},
    }


def result(n_claims: int, n_seeds: int, seed: int = 0) -> dict[str, Any]:
    """The content of a result file."""
    rng = np.random.default_rng(seed)
    return {
        "version": 2,
        "partial": False,
        "asked": n_claims,
        "settings": {"made-up": {}},
        "memos": {"M": {"title": "Made up", "reported": []}},
        "environment": {
            "python": "3",
            "torch": "2",
            "device": "cpu",
            "precision": "fp32",
            "seed_base": 0,
        },
        "claims": [claim(i, n_seeds, rng) for i in range(n_claims)],
    }


def by_matplotlib(n_seeds: int, repeats: int = 10) -> float:
    """Seconds for one estimation plot as an SVG by matplotlib, after the first."""
    import io

    from matplotlib.figure import Figure

    rng, times = np.random.default_rng(0), []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        figure = Figure(figsize=(4, 2.5))
        axes = figure.add_subplot()
        pairs = rng.normal(size=(2, n_seeds))
        axes.plot([0, 1], pairs, color="0.7", linewidth=0.8)
        axes.plot([0, 1], pairs, "o", color="k", markersize=4)
        axes.errorbar([2], [0], [0.5], marker="o")
        figure.savefig(io.StringIO(), format="svg")
        times.append(time.perf_counter() - began)
    return float(np.median(times[1:]))


def main(n_claims: int = 500, n_seeds: int = 64) -> None:
    from claims.comparison.drift import compare
    from claims.report.markdown import markdown
    from claims.report.page import page
    from claims.result_file import read_result, result_text

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.json" for name in ("old", "new")]
        for seed, path in enumerate(paths):
            data = result(n_claims, n_seeds, seed)
            for one in data["claims"]:
                one["seeds"] = [s + seed * n_seeds for s in one["seeds"]]
            path.write_text(result_text(json.loads(json.dumps(data))), encoding="utf-8")
        steps: dict[str, Any] = {}

        def timed(name: str, function: Any) -> Any:
            began = time.perf_counter()
            found = function()
            steps[name] = time.perf_counter() - began
            return found

        old, new = timed("reading and checking both", lambda: [read_result(path) for path in paths])
        html = timed("claims.html", lambda: page(new))
        text = timed("claims.md", lambda: markdown(new))
        timed("comparison, fresh seeds", lambda: compare(old, new))
    print(f"{n_claims} claims, {n_seeds} seeds each:")
    for name, seconds in steps.items():
        print(f"  {name:<26} {seconds:6.2f} s")
    print(
        f"  one plot of {n_seeds} pairs, drawn by matplotlib instead: "
        f"{1000 * by_matplotlib(n_seeds):.0f} ms; so {n_claims} would take"
        f" {n_claims * by_matplotlib(n_seeds):.0f} s"
    )
    print(
        f"  claims.html {len(html.encode()) / MIB:.2f} MiB, claims.md "
        f"{len(text.encode()) / MIB:.2f} MiB"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
