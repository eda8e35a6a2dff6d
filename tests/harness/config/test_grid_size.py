"""Grids are counted before any cell is made, and what no machine can hold is refused at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.config.grid_size import MOST_CELLS, most_cells
from prunebench.harness.config.preset_files import PRESETS
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.plan import make_plan

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

SMALL = ("data.training_clips=8", "data.validation_clips=4", "data.test_clips=4", "model.width=0.03125")
GRIDS = [
    (),
    ("base.seeds=[0,1]", "finetune.seeds=[0,1,2]", "prune.seeds=[0,1,2,3]"),
    ("controls.reversed=true", "controls.scratch=true", "controls.scratch_macs=true"),
    ("prune.criteria=['l1','random','hrank']", "prune.target_macs=[0.7,0.6]", "prune.ratios=[]"),
    ("prune.scopes=['C7-C12','C9']", "finetune.scopes=['tail','all','none']"),
    ("prune.allocations=['uniform','global']",),
    ("finetune.schedules=['one-shot','iterative[rounds=2]']",),
]


@pytest.mark.parametrize("grid", GRIDS, ids=[str(grid)[:40] for grid in GRIDS])
def test_no_grid_has_more_cells_than_were_counted(grid):
    config = load_config(QUICK, (*SMALL, *grid))
    made = len(make_plan(config, [opened(data) for data in config.data_sets()]).cells)
    assert made <= most_cells(config) <= 1.5 * made


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_far_below_the_limit(preset):
    needed = {
        "panns": ("data.root=nowhere",),
        "epanns": ("data.root=nowhere", "model.checkpoint=nowhere"),
    }.get(preset, ())
    assert most_cells(load_config(preset, needed)) < MOST_CELLS / 5


HUGE = {
    "seeds and ratios": [
        f"finetune.seeds={list(range(1000))}",
        f"prune.ratios={[round(i / 1000, 3) for i in range(1, 1000)]}",
    ],
    "base models": [f"base.seeds={list(range(20_000))}"],
    "seeds of random": [f"prune.seeds={list(range(30_000))}"],
    "folds": ["data.name=esc10", "data.root=x", "data.test_fold=all", f"base.seeds={list(range(3000))}"],
}


@pytest.mark.parametrize("overrides", HUGE.values(), ids=HUGE.keys())
def test_a_huge_grid_is_refused_at_once(overrides):
    began = time.perf_counter()
    with pytest.raises(InputError, match=r"the grid has up to [\d,]+ cells, and a run takes at most 100,000"):
        load_config(QUICK, overrides)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("threads=100000", "less than or equal to 1024|at most 1024"),
        ("threads=99999999999999999999", "1024"),
        ("workers=100000", "256"),
        ("data.training_clips=100000000000", "1000000"),
        ("data.seconds=1e9", "60"),
        ("base.seeds=[99999999999999999999]", "less than 9223372036854775808|seeds"),
    ],
)
def test_amounts_that_no_machine_has_are_refused(override, said):
    with pytest.raises(InputError, match=said):
        load_config(QUICK, [override])


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of this process alone is told by Linux"
)
def test_refusing_takes_little_memory(tmp_path):
    """In a gibibyte, which the command line refuses a grid of three million cells in."""
    words = [
        "run",
        "quick",
        "--dry-run",
        *(word for item in HUGE["seeds and ratios"] for word in ("--set", item)),
    ]
    code = (
        "from prunebench.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 2, found.stderr
    assert "the grid has up to" in found.stderr
    assert int(found.stdout.split()[-1]) < 1 << 20  # KiB
