"""A synthetic run folder: scores that correlate with targets, better or worse by criterion and ratio."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunebench.eval.run.record import Record
from prunebench.reports import Report, write_report

WIDTHS = (8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256)
# What a criterion keeps of the signal, relative to the unpruned model, per unit of ratio removed.
LOSS = {
    "l1": 0.45,
    "geometric_median": 0.5,
    "random": 0.85,
    "operator_norm": 0.4,
    "operator_norm_released": 0.8,
    "operator_similarity": 0.55,
}


def slow_map(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean over classes of the mean precision at the rank of each positive; for scores without ties."""
    values = []
    for truth, score in zip(targets.T, scores.T, strict=True):
        hits = truth[np.argsort(-score)]
        if hits.any():
            values.append(np.mean([hits[: i + 1].mean() for i in np.flatnonzero(hits)]))
    return float(np.mean(values))


@dataclasses.dataclass
class Maker:
    """Builds a run folder cell by cell."""

    folder: Path
    clips: int = 200
    classes: int = 8
    records: list[Record] = dataclasses.field(default_factory=list)
    targets: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def config(self, **values: Any) -> Maker:
        lines = [f"{k} = {json.dumps(v)}" for k, v in {"name": "quick", "claim": False, **values}.items()]
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n")
        environment = {"torch": "2.13.0", "processor": "Some <CPU> & more", "threads": 1}
        (self.folder / "environment.json").write_text(json.dumps(environment))
        return self

    def data(self, label: str) -> np.ndarray:
        if label not in self.targets:
            draw = np.random.default_rng(7)
            share = np.geomspace(0.4, 0.08, self.classes)
            targets = draw.random((self.clips, self.classes)) < share
            targets[np.arange(self.classes), np.arange(self.classes)] = True
            sources = np.array([f"r{i // 2}|r{(i * 7) % self.clips // 2}" for i in range(self.clips)])
            names = np.array([f"class {i}" for i in range(self.classes)])
            path = self.folder / "targets" / (re.sub(r"[^\w.=-]+", "_", label) + ".npz")
            path.parent.mkdir(parents=True, exist_ok=True)
            clips = np.array([f"clip {i}" for i in range(self.clips)])
            np.savez_compressed(path, targets=targets, class_names=names, sources=sources, names=clips)
            self.targets[label] = targets
        return self.targets[label]

    def scores(self, data: str, signal: float, *seeds: int) -> np.ndarray:
        targets = self.data(data)
        shared = np.random.default_rng([1, seeds[0]]).normal(size=targets.shape)
        own = np.random.default_rng([2, *seeds]).normal(size=targets.shape)
        return (signal * targets + 0.8 * shared + 0.35 * own).astype(np.float32)

    def cell(self, *, signal: float, noise: int = 0, data: str = "synth", **fields: Any) -> Record:
        """Add a finished cell; equal `outcome` gives equal scores."""
        text = repr((data, signal, noise, sorted(fields.items(), key=str)))
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        fields.setdefault("outcome", key)
        scores = self.scores(data, signal, fields.get("base_seed", 0), noise)
        (self.folder / "scores").mkdir(exist_ok=True)
        np.savez_compressed(self.folder / "scores" / f"{fields['outcome']}.npz", test=scores)
        found = {"test_map": slow_map(self.data(data), scores), "classes_with_positives": self.classes}
        ratio = fields.get("ratio", 0.0)
        widths = WIDTHS[:6] + tuple(n - int(ratio * n + 0.5) for n in WIDTHS[6:])
        stages: dict[str, dict[str, float]] = {"base": {"test_map": 0.8}}
        if fields.get("control") == "unpruned":
            stages = {"base": found}
        else:
            if ratio and fields.get("control") != "scratch":
                stages["pruned"] = {"test_map": found["test_map"] * (1 - 0.6 * ratio)}
            stages["fine-tuned"] = found
        kept = float(np.mean([w / v for w, v in zip(widths[6:], WIDTHS[6:], strict=True)])) ** 2
        parameters = round(1_270_000 * (0.02 + 0.98 * kept))
        macs = round(326e6 * (0.47 + 0.53 * kept))
        measures = {
            "parameters": parameters,
            "parameter_bytes": 4 * parameters,
            "file_bytes": 4 * parameters + 12_000,
            "macs_backbone": macs,
            "macs_with_frontend": macs + 1_051_700_000,
        }
        found_by = {"data": data, "widths": widths, "stages": stages, "measures": measures}
        common = {"base": f"base{fields.get('base_seed', 0)}", "scope": "C7-C12"}
        record = Record(**{"cell": key, **found_by, **common, **fields})
        self.records.append(record)
        return record

    def grid(
        self,
        *,
        bases: tuple[int, ...] = (0,),
        criteria: dict[str, float] = LOSS,
        ratios: tuple[float, ...] = (0.25, 0.5, 0.75),
        seeds: tuple[int, ...] = (0, 1),
        data: str = "synth",
        scope: str = "C7-C12",
        finetune: str = "tail",
        latency: bool = True,
    ) -> Maker:
        """The cells of a preset with its unpruned controls."""
        for base in bases:
            shared = {"data": data, "base_seed": base}
            if not any(
                r.control == "unpruned" and r.data == data and r.base_seed == base for r in self.records
            ):
                self.cell(signal=1.8, control="unpruned", scope="none", **shared)
            tuned = {**shared, "scope": scope, "finetune_scope": finetune}
            for s in seeds:
                for rate, signal in (("shared", 1.78), ("own", 1.84)):
                    self.cell(
                        signal=signal,
                        noise=100 + s,
                        control="unpruned-fine-tuned",
                        rate_choice=rate,
                        learning_rate=1e-3,
                        finetune_seed=s,
                        **tuned,
                    )
                for ratio in ratios:
                    for index, (name, loss) in enumerate(criteria.items()):
                        for draw in (0, 1, 2) if name == "random" else (None,):
                            wander = 0.12 * np.random.default_rng([index, base, s, draw or 0]).normal()
                            self.cell(
                                signal=1.8 - 1.3 * loss * ratio**1.5 + wander * ratio,
                                noise=1000 * index + 10 * s + (draw or 0),
                                criterion=name,
                                released=name.endswith("_released"),
                                ratio=ratio,
                                prune_seed=draw,
                                finetune_seed=s,
                                learning_rate=1e-3,
                                **tuned,
                            )
        if latency:
            self.shapes()
        return self

    def shapes(self) -> None:
        lines = {}
        full = sum(w * w for w in WIDTHS)
        for widths in sorted({r.widths for r in self.records}):
            ms = 6.0 + 9.0 * sum(w * w for w in widths) / full
            timings = {
                "latency_backbone_ms": ms,
                "latency_backbone_q1_ms": ms - 0.3,
                "latency_backbone_q3_ms": ms + 0.6,
                "latency_backbone_ratio": ms / 15.0,
                "latency_backbone_ratio_precision": 0.012 if ms < 15 else 0.0,
                "latency_backbone_ratio_q1": ms / 15.0 - 0.01,
                "latency_backbone_ratio_q3": ms / 15.0 + 0.02,
                "peak_memory_bytes": 4e7 * ms / 15,
            }
            lines[widths] = json.dumps({"schema_version": 1, "widths": list(widths), "timings": timings})
        (self.folder / "shapes.jsonl").write_text("".join(f"{line}\n" for line in lines.values()))

    def fail(self, **fields: Any) -> None:
        """Add a failed cell."""
        self.records.append(
            Record(status="failed", **{"outcome": "", "base": "base0", "scope": "C7-C12", **fields})
        )

    def write(self) -> Path:
        text = "".join(f"{record.to_json()}\n" for record in self.records)
        (self.folder / "records.jsonl").write_text(text)
        return self.folder


@pytest.fixture(scope="session")
def new_maker() -> type[Maker]:
    """What builds run folders."""
    return Maker


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """An empty run folder with a configuration and an environment."""
    folder = tmp_path / "run"
    folder.mkdir()
    return Maker(folder).config()


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished `quick` run; tests only read it."""
    folder = tmp_path_factory.mktemp("quick")
    return Maker(folder).config().grid().write()


@pytest.fixture(scope="session")
def quick_report(quick_run: Path) -> Report:
    """The written report of the `quick` run, its figures as SVG alone: three formats take three times as long."""
    return write_report([quick_run], formats=["svg"])
