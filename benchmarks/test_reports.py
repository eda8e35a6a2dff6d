"""Speed and memory of reports, on records made here: 500 cells with clips, 50,000 records for the tables.

Each is measured in a process of its own, which loads neither torch nor the harness.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.run.record import Record

CRITERIA = [f"criterion_{i}" for i in range(20)]
WIDTHS = (8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256)
MEASURED = """
import json, sys, time
from pathlib import Path
started = time.perf_counter()
from prunebench.reports import write_report
report = write_report([sys.argv[1]], sys.argv[2], **json.loads(sys.argv[3]))
status = Path("/proc/self/status")  # getrusage would begin with the peak of the process that started this one
peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 if status.exists() else float("nan")
print(json.dumps({
    "seconds": time.perf_counter() - started,
    "processor_seconds": time.process_time(),
    "bytes": peak,
    "torch": any(name == "torch" or name.startswith("prunebench.harness.") for name in sys.modules),
    "rows": len(report.rows),
    "page": 0 if report.page is None else report.page.stat().st_size,
}))
"""


def cells(bases, criteria, ratios, seeds):
    """The records of a grid, with the unpruned model of each base seed."""
    rng = np.random.default_rng(0)
    for base in range(bases):
        shared = {"data": "synth", "base": f"base {base}", "base_seed": base}
        measures = {"parameters": 1_253_248, "file_bytes": 5_078_000, "macs_backbone": 317_180_416}
        yield Record(
            cell=f"unpruned {base}",
            outcome=f"u{base}",
            control="unpruned",
            scope="none",
            widths=WIDTHS,
            stages={"base": {"test_map": 0.7}},
            measures={**measures, "macs_with_frontend": 1_368_855_040},
            **shared,
        )
        for place, criterion in enumerate(("random", *criteria)):
            for ratio in ratios:
                for seed in range(seeds):
                    name = f"{base} {criterion} {ratio} {seed}"
                    value = 0.7 - (0.1 + 0.01 * place) * ratio + rng.normal(0, 0.005)
                    widths = WIDTHS[:6] + tuple(max(1, round(n * (1 - ratio))) for n in WIDTHS[6:])
                    yield Record(
                        cell=name,
                        outcome=f"o {name}".replace(" ", "-"),
                        criterion=criterion,
                        ratio=ratio,
                        scope="C7-C12",
                        finetune_scope="tail",
                        finetune_seed=seed,
                        prune_seed=0 if criterion == "random" else None,
                        learning_rate=1e-3,
                        widths=widths,
                        stages={
                            "base": {"test_map": 0.7},
                            "pruned": {"test_map": value / 2},
                            "fine-tuned": {"test_map": value, "test_roc_auc": 0.9, "test_lwlrap": 0.8},
                        },
                        measures={
                            **{key: round(n * (1 - 0.6 * ratio)) for key, n in measures.items()},
                            "macs_with_frontend": 1_051_700_000 + round(317e6 * (1 - 0.6 * ratio)),
                        },
                        timings={"finetuning_seconds": 6.0},
                        **shared,
                    )


def shape(widths):
    """The line of a shape."""
    share = sum(n * n for n in widths) / sum(n * n for n in WIDTHS)
    timings = {"latency_backbone_ms": 6 + 9 * share, "latency_backbone_ratio": (6 + 9 * share) / 15}
    timings |= {"latency_backbone_q1_ms": 5.8 + 9 * share, "latency_backbone_q3_ms": 6.3 + 9 * share}
    timings |= {"peak_memory_bytes": 2e7 * (1 + share)}
    return json.dumps({"schema_version": 1, "widths": list(widths), "timings": timings}) + "\n"


def write(folder, records, *, clips=0, classes=24):
    """A run folder; with clips, their targets, scores and influences too."""
    folder.mkdir()
    (folder / "config.toml").write_text('name = "benchmark"\nclaim = true\n')
    (folder / "environment.json").write_text("{}")
    records = list(records)
    (folder / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records))
    (folder / "shapes.jsonl").write_text("".join(map(shape, sorted({r.widths for r in records}))))
    if not clips:
        return len(records)
    rng = np.random.default_rng(1)
    for part in ("targets", "scores"):
        (folder / part).mkdir()
    targets = rng.random((clips, classes)) < 0.1
    names = np.array([f"clip {i}" for i in range(clips)])
    described = {
        "class_names": np.array([f"class {i}" for i in range(classes)]),
        "sources": names,
        "names": names,
    }
    np.savez(folder / "targets" / "synth.npz", targets=targets, **described)
    shared = rng.normal(0, 0.5, clips) / clips
    for record in records:
        influence = shared + rng.normal(0, 0.1, clips) / clips
        scores = (targets + rng.normal(size=targets.shape)).astype(np.float32)
        np.savez(folder / "scores" / f"{record.outcome}.npz", test=scores, influence=influence)
    return len(records)


def measured(run: Path, out: Path, **options) -> dict:
    command = [sys.executable, "-c", MEASURED, str(run), str(out), json.dumps(options)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return json.loads(found.stdout)


@pytest.mark.slow
def test_a_report_of_500_cells_takes_under_15_seconds_and_its_page_under_6_megabytes(tmp_path):
    count = write(tmp_path / "run", cells(6, CRITERIA, (0.25, 0.5, 0.75, 0.9), 1), clips=1000)
    assert count >= 500
    found = measured(tmp_path / "run", tmp_path / "report")
    print(found)
    assert not found["torch"]
    assert found["processor_seconds"] < 15
    assert found["page"] < 6e6


@pytest.mark.slow
def test_tables_of_50000_records_take_under_30_seconds_and_2_gigabytes(tmp_path):
    count = write(tmp_path / "run", cells(50, CRITERIA, np.linspace(0.1, 0.9, 16).round(2), 3))
    assert count >= 50_000
    found = measured(tmp_path / "run", tmp_path / "report", tables_only=True)
    print(found)
    assert not found["torch"]
    assert found["processor_seconds"] < 30
    if sys.platform == "linux":
        assert found["bytes"] < 2e9
