"""Put seeded faults into the code, one at a time, and count those that a test notices.

    python tests/mutation/run.py --count 300 --seed 1 --out verdicts.json
    python tests/mutation/run.py --again verdicts.json --out verdicts.json

The faults go into a copy of the repository, never into the tree. Survivors that `equivalent.toml` names, with the
reason why no test can tell them from the code, are left out of the share. Exit 1 if fewer than nine in ten of the
others are noticed.

The second line judges only the survivors of an earlier run, after tests were written for them, and gives the share
over all mutants of that run. Those whose line is no longer in the code are left out.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from coverage_map import CoverageMap, measure
from mutants import Mutant, sample
from verdicts import Verdicts

ROOT = Path(__file__).parents[2]
ENOUGH = 0.9
CONVENTIONS = ["tests/house/test_conventions.py"]  # they read every file
SLOWER = 60.0  # seconds beyond three times what the tests take: then the fault made them hang


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
    parser.add_argument("--again", type=Path, help="judge the survivors in such a file only")
    chosen = parser.parse_args()
    verdicts = Verdicts.read(chosen.again) if chosen.again else Verdicts()
    mutants = verdicts.survivors(ROOT) if chosen.again else sample(ROOT, chosen.count, chosen.seed)
    equivalent = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8"))
    began = time.perf_counter()
    judge([mutant for mutant in mutants if mutant.file.startswith(chosen.only)], verdicts, chosen.workers)
    noticed, unnamed, named = verdicts.counts(equivalent)
    counted = noticed + len(unnamed)
    share = noticed / counted if counted else 1.0
    print(
        f"{noticed} of {counted} noticed ({share:.1%}), {named} survivors named as equivalent, "
        f"{time.perf_counter() - began:.0f} s."
    )
    for name, line in unnamed:
        print(f"survived: {name} (line {line})")
    if chosen.out:
        verdicts.write(chosen.out)
    return int(share < ENOUGH)


def judge(mutants: Sequence[Mutant], verdicts: Verdicts, workers: int) -> None:
    """Find out of each mutant whether a test notices it, and add that to the verdicts."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        trees = [_copy(Path(folder) / str(index)) for index in range(workers)]
        known = measure(trees[0], _environment(trees[0]), workers)
        for test in known.broken:
            print(f"left out, since it fails without a fault: {test}", flush=True)
        print(f"The tests were watched in {time.perf_counter() - began:.0f} s.", flush=True)
        free = list(trees)

        def judged(mutant: Mutant) -> tuple[str, str]:
            tree = free.pop()
            try:
                return verdict(mutant, tree, known)
            finally:
                free.append(tree)

        with ThreadPoolExecutor(workers) as pool:
            for mutant, (said, by) in zip(mutants, pool.map(judged, mutants), strict=True):
                verdicts.add(mutant, said)
                shown = f", by {by}" if by else ""
                print(f"{said:9} {mutant.file}:{mutant.line} {_short(mutant)}{shown}", flush=True)


def verdict(mutant: Mutant, tree: Path, known: CoverageMap) -> tuple[str, str]:
    """`noticed` and by which test, or `survived`.

    A test that fails with the fault must pass without it, else it tells nothing; one that takes far longer than it did
    must be quick without it.
    """
    path = tree / mutant.file
    whole = path.read_bytes()
    of_line, of_file = known.tests_of(mutant.file, mutant.line), known.files_of(mutant.file, mutant.line)
    for tests in filter(None, (of_line, of_file, CONVENTIONS)):
        path.write_bytes(mutant.applied(whole))
        try:
            failed = _first_failure(tests, tree, known)
        finally:
            path.write_bytes(whole)
        if failed and not _first_failure(failed, tree, known):
            return "noticed", failed[0] if len(failed) == 1 else "no end"
    return "survived", ""


def _first_failure(tests: Sequence[str], tree: Path, known: CoverageMap) -> list[str]:
    """The first test that fails, all of them where there is no end, none where they pass."""
    files = {test.partition("::")[0] for test in tests}
    limit = SLOWER + 3 * sum(known.seconds.get(name, 0) for name in files)
    left_out = (word for test in known.broken for word in ("--deselect", test))
    words = [
        *(sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-rfE"),
        *left_out,
        *tests,
    ]
    try:
        done = subprocess.run(
            words,
            cwd=tree,
            env=_environment(tree),
            check=False,
            capture_output=True,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return list(tests)
    if done.returncode in (0, 5):  # 5: all of them were left out
        return []
    named = re.findall(r"^(?:FAILED|ERROR) (tests/.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return named[:1] or list(tests)


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
