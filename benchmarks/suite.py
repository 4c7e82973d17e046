"""The whole suite as its user waits for it: cold, warm and collection, medians over whole processes.

    python -m benchmarks.suite [--runs 3] [--workers 2]

Cold is an empty store: imports, training, probing and judging all claims of claims.yaml. Warm is the same again. "16 seeds" is the same file with
every claim judged once, on 16 seeds; as shipped, claims that 16 seeds leave open go on to more. Verdicts may then differ from those
expected, so its exit code is not asked for. Collection is `pytest claims/ --collect-only`, alternated with `pytest --version` so that what is
pytest's own can be told apart. Peak memory is that of the largest single process.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def timed(arguments: list[str], store: str, allowed: tuple[int, ...] = (0,)) -> float:
    """Seconds of one whole process, which must end with an allowed exit code."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], env=os.environ | {"CLAIMS_STORE": store}, capture_output=True, text=True)
    if done.returncode not in allowed:
        sys.exit(f"pytest {' '.join(arguments)} exited {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return time.perf_counter() - began


def with_fixed_seeds(folder: str) -> Path:
    """claims.yaml without its sequential seeds: every claim takes the default number."""
    text = re.sub(r"^ +seeds: \{start.*\n", "", Path("claims.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    path = Path(folder, "claims.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", default="auto")
    options = parser.parse_args()
    names = ("cold, 16 seeds", "cold, as shipped", "warm, as shipped", "collect", "pytest --version")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            suite = ["claims/", "-n", options.workers, "--report-dir", f"{folder}/reports", "-q"]
            runs = [timed([*suite, f"--claims-file={with_fixed_seeds(folder)}"], f"{folder}/fixed", (0, 1)), timed(suite, folder), timed(suite, folder),
                    timed(["claims/", "--collect-only", "-q"], folder), timed(["--version"], folder)]
            for name, value in zip(names, runs, strict=True):
                seconds[name].append(value)
    print(f"{os.cpu_count()} cores, -n {options.workers}, {options.runs} runs")
    for name, values in seconds.items():
        print(f"{name:18s} median {statistics.median(values):6.2f} s   from {min(values):.2f} to {max(values):.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process    {peak:6.0f} MiB")


if __name__ == "__main__":
    main()
