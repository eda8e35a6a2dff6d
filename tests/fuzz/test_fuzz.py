"""Damaged and hostile input of every kind: `tox -e fuzz` tries all seeds, the ordinary suite one or two of each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
BLOCK = 50  # seeds of a test
SEEDS = {
    "checkpoints": 345,
    "wrappings": 221,
    "own_files": 144,
    "recordings": 228,
    "sound_folders": 136,
    "class_lists": 120,
    "tables": 228,
    "configurations": 360,
    "run_folders": 345,
    "run_contents": 176,
    "archives": 210,
    "packed_files": 210,
    "score_files": 270,
    "plugins": 276,
    "arguments": 252,
    "addresses": 96,
    "streams": 40,
    "caches": 27,
    "outputs": 224,
    "networks": 320,
}
BLOCKS = [(kind, first) for kind, count in SEEDS.items() for first in range(0, count, BLOCK)]
# Of each kind but those whose cases take seconds.
QUICK = [kind for kind in SEEDS if kind not in ("streams", "caches", "run_folders", "run_contents")]
ORDINARY = [*((kind, 0) for kind in QUICK), *((kind, 1) for kind in QUICK[:4])]

Answer = Callable[[str, int], dict[str, Any]]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def answer() -> Iterator[Answer]:
    """The verdict on a case, by kind and seed."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(kind: str, seed: int) -> dict[str, Any]:
        process.stdin.write(f"{kind} {seed}\n")
        process.stdin.flush()
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found

    yield ask
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def failures(found: list[dict[str, Any]]) -> str:
    return "\n\n".join(
        f"{told['kind']} {told['seed']} ({told['variant']}): {'; '.join(told['problems'])}\n"
        f"  {told.get('command', '')[:300]}\n  {told['err'][-600:]}\n"
        f"  again: python tests/fuzz/server.py {told['kind']} {told['seed']}"
        for told in found
        if told["problems"]
    )


@pytest.mark.parametrize(("kind", "seed"), ORDINARY)
def test_a_case(answer: Answer, kind: str, seed: int) -> None:
    told = failures([answer(kind, seed)])
    assert not told, told


@pytest.mark.fuzz
@pytest.mark.parametrize(("kind", "first"), BLOCKS)
def test_all_cases(answer: Answer, kind: str, first: int) -> None:
    told = failures([answer(kind, seed) for seed in range(first, min(first + BLOCK, SEEDS[kind]))])
    assert not told, told


def test_there_are_thousands() -> None:
    assert sum(SEEDS.values()) >= 3000
