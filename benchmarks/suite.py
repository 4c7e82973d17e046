"""The whole suite as its user waits for it: cold, warm and collection, medians over whole processes.

    python -m benchmarks.suite [--runs 3] [--workers 2]

Cold is an empty store: imports, training, probing and judging all claims of claims.yaml. Warm is the same again. Collection is
`pytest claims/ --collect-only`, alternated with `pytest --version` so that what is pytest's own can be told apart. Peak memory is that of the
largest single process.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def timed(arguments: list[str], store: str) -> float:
    """Seconds of one whole process, which must end well."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], env=os.environ | {"CLAIMS_STORE": store}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pytest {' '.join(arguments)} exited {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", default="auto")
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {"cold": [], "warm": [], "collect": [], "pytest --version": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            suite = ["claims/", "-n", options.workers, "--report-dir", f"{folder}/reports", "-q"]
            seconds["cold"].append(timed(suite, folder))
            seconds["warm"].append(timed(suite, folder))
            seconds["collect"].append(timed(["claims/", "--collect-only", "-q"], folder))
            seconds["pytest --version"].append(timed(["--version"], folder))
    print(f"{os.cpu_count()} cores, -n {options.workers}, {options.runs} runs")
    for name, values in seconds.items():
        print(f"{name:18s} median {statistics.median(values):6.2f} s   from {min(values):.2f} to {max(values):.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process    {peak:6.0f} MiB")


if __name__ == "__main__":
    main()
