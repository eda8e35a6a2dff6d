"""Timings over commits, as ratios to the reference of the same run.

`python benchmarks/history.py RESULT.json` takes what `pytest benchmarks --benchmark-json RESULT.json` wrote, compares
it with the last run on the same kind of processor, appends it to `benchmarks/history.jsonl` and draws
`benchmarks/history.png`. Exit code 1 if a ratio grew by more than half and by more than its spread.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

REFERENCE = "test_reference"
ALLOWED = 0.5  # timings on shared machines move by tens of per cent; half again as long is no accident
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Timings:
    """One run of the benchmarks.

    Args:
        commit: its first twelve digits, `"+"` behind where the tree was changed.
        date: of the run, ISO 8601.
        machine: processor, Python and cores.
        ratios: benchmark → median relative to that of the reference.
        spreads: benchmark → interquartile range relative to the median.
    """

    commit: str
    date: str
    machine: dict[str, str]
    ratios: dict[str, float]
    spreads: dict[str, float]


def read_result(path: Path) -> Timings:
    """The timings in a file of pytest-benchmark.

    Raises:
        SystemExit: where the reference is not among them.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    stats = {case["name"]: case["stats"] for case in found["benchmarks"]}
    if REFERENCE not in stats:
        raise SystemExit(
            f"A result must contain the reference `{REFERENCE}`. Found none in `{path}`: run all benchmarks."
        )
    reference = stats.pop(REFERENCE)["median"]
    machine, commit = found["machine_info"], found["commit_info"]
    return Timings(
        commit=commit["id"][:12] + ("+" if commit.get("dirty") else ""),
        date=found["datetime"][:19],
        machine={
            "processor": machine["cpu"].get("brand_raw", machine["machine"]),
            "cores": str(machine["cpu"].get("count", "")),
            "python": machine["python_version"],
        },
        ratios={name: float(f"{one['median'] / reference:.4g}") for name, one in sorted(stats.items())},
        spreads={name: float(f"{one['iqr'] / one['median']:.2g}") for name, one in sorted(stats.items())},
    )


def read_history(path: Path) -> list[Timings]:
    """All runs in the order in which they were appended; none where there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [Timings(**json.loads(line)) for line in lines]


def slower(before: Timings, now: Timings) -> list[str]:
    """Benchmarks whose ratio grew by more than `ALLOWED` and by more than the spread of both."""
    return [
        name
        for name, ratio in now.ratios.items()
        if name in before.ratios
        and ratio / before.ratios[name] > 1 + max(ALLOWED, before.spreads[name] + now.spreads[name])
    ]


def table(before: Timings | None, now: Timings) -> str:
    """One line a benchmark: its ratio, that of before, and the ratio of the two."""
    lines = [f"{'benchmark':60} {'ratio':>9} {'before':>9} {'now/before':>10}"]
    for name, ratio in now.ratios.items():
        held = before.ratios.get(name) if before else None
        compared = f"{held:9.4g} {ratio / held:10.2f}" if held else f"{'—':>9} {'—':>10}"
        lines.append(f"{name:60} {ratio:9.4g} {compared}")
    return "\n".join(lines)


def draw(history: list[Timings], path: Path) -> None:
    """Every benchmark's ratio over commits, relative to its first run, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    names = sorted({name for run in history for name in run.ratios})
    figure, axes = pyplot.subplots(figsize=(9, 0.9 + 0.36 * len(names)), layout="constrained")
    for row, name in enumerate(names):
        runs = [(at, run.ratios[name]) for at, run in enumerate(history) if name in run.ratios]
        first = runs[0][1]
        axes.axhline(-row, color="0.9", linewidth=0.8, zorder=0)
        heights = [-row + 0.35 * max(-1.0, min(1.0, ratio / first - 1)) for _, ratio in runs]
        axes.plot([at for at, _ in runs], heights, marker="o", markersize=3, linewidth=1)
        axes.annotate(f"{runs[-1][1] / first:.2f}", (len(history) - 0.8, -row), va="center", fontsize=7)
    axes.set_yticks([-row for row in range(len(names))], names, fontsize=7)
    axes.set_xticks(range(len(history)), [run.commit for run in history], rotation=60, fontsize=7)
    axes.set_xlim(-0.3, len(history) - 0.2)
    axes.set_title(
        "Time relative to the reference, against the first run (a row's height is ±100 %)", fontsize=9
    )
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main(result: Path, folder: Path = HERE) -> int:
    """Compare, append and draw; 1 if something became slower."""
    now, history = read_result(result), read_history(folder / "history.jsonl")
    same = [run for run in history if run.machine["processor"] == now.machine["processor"]]
    before = same[-1] if same else None
    print(table(before, now))
    with (folder / "history.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(now), sort_keys=True) + "\n")
    draw([*history, now], folder / "history.png")
    worse = slower(before, now) if before else []
    if worse:
        print(f"Slower than in {before.commit if before else ''}: {', '.join(worse)}")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
