"""Put seeded faults into the code, one at a time, and count those that a test notices.

    python tests/mutation/run.py --count 300 --seed 1

The faults go into a copy of the repository, never into the tree. Survivors that `equivalent.toml` names, with the
reason why no test can tell them from the code, are left out of the share. Exit 1 if fewer than nine in ten of the
others are noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from coverage_map import CoverageMap, measure
from mutants import Mutant, sample

ROOT = Path(__file__).parents[2]
ENOUGH = 0.9
CONVENTIONS = ["tests/house/test_conventions.py"]  # they read every file
SLOWER = 20.0  # seconds beyond three times what the tests take: then the fault made them hang


def main() -> int:
    """Run, print a line a mutant, and the survivors at the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants whose file begins so")
    parser.add_argument("--out", type=Path, help="a JSON file of all verdicts")
    chosen = parser.parse_args()
    mutants = [m for m in sample(ROOT, chosen.count, chosen.seed) if m.file.startswith(chosen.only)]
    equivalent = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8"))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        trees = [_copy(Path(folder) / str(index)) for index in range(chosen.workers)]
        known = measure(trees[0], _environment(trees[0]), chosen.workers)
        for test in known.broken:
            print(f"left out, since it fails without a fault: {test}", flush=True)
        print(f"The tests were watched in {time.perf_counter() - began:.0f} s.", flush=True)
        free = list(trees)

        def judged(mutant: Mutant) -> str:
            tree = free.pop()
            try:
                return verdict(mutant, tree, known)
            finally:
                free.append(tree)

        verdicts = {}
        with ThreadPoolExecutor(chosen.workers) as pool:
            for mutant, said in zip(mutants, pool.map(judged, mutants), strict=True):
                verdicts[mutant] = said
                print(f"{said:9} {mutant.file}:{mutant.line} {_short(mutant)}", flush=True)
    survivors = [m for m, said in verdicts.items() if said == "survived"]
    unnamed = [m for m in survivors if m.name not in equivalent]
    counted = len(mutants) - len(survivors) + len(unnamed)
    share = (counted - len(unnamed)) / counted if counted else 1.0
    print(
        f"{counted - len(unnamed)} of {counted} noticed ({share:.1%}), {len(survivors) - len(unnamed)} survivors "
        f"named as equivalent, {time.perf_counter() - began:.0f} s."
    )
    for mutant in unnamed:
        print(f"survived: {mutant.name} (line {mutant.line})")
    if chosen.out:
        chosen.out.write_text(
            json.dumps({m.name: said for m, said in verdicts.items()}, indent=1), encoding="utf-8"
        )
    return int(share < ENOUGH)


def verdict(mutant: Mutant, tree: Path, known: CoverageMap) -> str:
    """`noticed` if a test that runs the line fails or hangs, else `survived`."""
    path = tree / mutant.file
    whole = path.read_bytes()
    path.write_bytes(mutant.applied(whole))
    try:
        of_line, of_file = known.tests_of(mutant.file, mutant.line), known.files_of(mutant.file, mutant.line)
        for tests in (of_line, of_file, CONVENTIONS):
            if tests and not _green(tests, tree, known):
                return "noticed"
    finally:
        path.write_bytes(whole)
    return "survived"


def _green(tests: list[str], tree: Path, known: CoverageMap) -> bool:
    files = {test.partition("::")[0] for test in tests}
    limit = SLOWER + 3 * sum(known.seconds.get(name, 0) for name in files)
    left_out = (word for test in known.broken for word in ("--deselect", test))
    words = [
        *(sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"),
        *left_out,
        *tests,
    ]
    try:
        done = subprocess.run(
            words, cwd=tree, env=_environment(tree), check=False, capture_output=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in (0, 5)  # 5: all of them were left out


def _copy(tree: Path) -> Path:
    """The files that git tracks, as they are now, links kept."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    return tree


def _environment(tree: Path) -> dict[str, str]:
    """The copy is imported before the installed package: `.typing` holds links under the import name."""
    return {
        **os.environ,
        "PYTHONPATH": str(tree / ".typing"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "PRUNEBENCH_CACHE": str(tree / "cache"),
    }


def _short(mutant: Mutant) -> str:
    return " ".join(f"{mutant.kind}: {mutant.before} -> {mutant.after}".split())[:110]


if __name__ == "__main__":
    sys.exit(main())
