"""How long 25 claims take to judge at 32 seeds with 9,999 resamples each, on one core: `python -m
benchmarks.judge`.

The claims are shaped like those of claims.yaml: signs, orders, folds, equivalences, ratios; 1 to 9
atoms over up to 9 terms.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported: the promise is for one core

import resource  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

from claims.inference import Atom, Sample, decide  # noqa: E402
from claims.inference.worlds import linear, log_quotient, quotient  # noqa: E402

SEEDS, RESAMPLES, REPEATS = 32, 9999, 7


def unit(i: int, terms: int, value: float = 1.0) -> np.ndarray:
    row = np.zeros(terms)
    row[i] = value
    return row


def claims(rng: np.random.Generator) -> dict[str, tuple[Sample, list[Atom]]]:
    """25 claims, five of each shape."""
    out: dict[str, tuple[Sample, list[Atom]]] = {}
    for k in range(5):
        x = rng.gamma(4, size=(SEEDS, 9)) + np.arange(9)
        pair = Sample((x[:, :2] * [10, 1],))
        first, second = linear(1, 0), linear(0, 1)
        out[f"sign {k}"] = Sample((x[:, :1],)), [Atom(linear(1), lower=3)]
        out[f"order of 9 {k}"] = (
            Sample((x,)),
            [Atom(linear(*(unit(i, 9) - unit(i + 1, 9))), upper=0.5) for i in range(8)],
        )
        out[f"fold {k}"] = (
            pair,
            [Atom(log_quotient, lower=1, positive=(first, second)) for _ in range(3)],
        )
        out[f"equivalence {k}"] = pair, [Atom(log_quotient, 1, 3, positive=(first, second))]
        out[f"ratio {k}"] = (
            pair,
            [
                Atom(quotient, lower=1, nonzero=(second,), fraction=(first, second))
                for _ in range(2)
            ],
        )
    return out


def main() -> None:
    cases = claims(np.random.default_rng(0))
    # first-call costs are not the claims'
    decide(*next(iter(cases.values())), rng=np.random.default_rng(0))
    times: dict[str, list[float]] = {}
    totals = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        for name, (sample, atoms) in cases.items():
            start = time.perf_counter()
            decide(sample, atoms, n_resamples=RESAMPLES, rng=np.random.default_rng(0))
            times.setdefault(name.rsplit(" ", 1)[0], []).append(time.perf_counter() - start)
        totals.append(time.perf_counter() - begin)
    print(f"{'claim':<16}{'atoms':>6}{'median ms':>12}")
    for shape, seen in times.items():
        print(f"{shape:<16}{len(cases[f'{shape} 0'][1]):>6}{1000 * statistics.median(seen):>12.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(cases)} claims, {SEEDS} seeds, {RESAMPLES} resamples: "
        f"median {statistics.median(totals):.2f} s "
        f"(min {min(totals):.2f}, max {max(totals):.2f}, {REPEATS} repeats), "
        f"peak memory {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
