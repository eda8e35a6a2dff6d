"""A synthetic run folder: scores that correlate with targets, better or worse by criterion and ratio."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunebench.eval.run.record import Record
from prunebench.reports import Report, write_report
from prunebench.reports.figures.gallery import Drawn, figures_of

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

# Groups of other networks with their filters, and what an unpruned model has: MACs, parameters, signal.
MOBILENET, RESNET, MN = "mobilenet_v2[width=0.25]", "resnet22[width=0.125]", "mn[width=0.4]"
GROUPS = {
    MOBILENET: {
        "features.0.0": 8,
        **{f"features.{i}.conv.0": 12 * i for i in range(2, 18)},
        "features.18.0": 320,
    },
    RESNET: {
        "conv_block1.conv1": 8,
        **{f"resnet.layer{i}.{j}.conv1": 8 * 2**i for i in (1, 2, 3, 4) for j in (0, 1)},
        "conv_block_after1.conv1": 256,
    },
    MN: {
        "features.0.0": 8,
        **{f"features.{i}.block.0.0": 16 * i for i in range(2, 16)},
        **{f"features.{i}.block.2.conc_se_layers.0.fc1": 8 * i for i in range(4, 17)},
        "features.17.0": 384,
        "classifier.2": 512,
    },
}
UNPRUNED = {MOBILENET: (39e6, 210_000, 1.65), RESNET: (180e6, 1_900_000, 1.9), MN: (60e6, 980_000, 2.3)}


def slow_map(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean over classes of the mean precision at the rank of each positive; for scores without ties."""
    values = []
    for truth, score in zip(targets.T, scores.T, strict=True):
        hits = truth[np.argsort(-score)]
        if hits.any():
            precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
            values.append(precisions[hits].mean())
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
        if fields.get("network", "cnn14") in GROUPS:
            return self._other(key, data, found, ratio, fields)
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
        if fields.get("scope") == "C1-C12" and fields.get("deep"):
            measures["macs_backbone"] = round(326e6 * (1 - ratio) ** 2)
        common = {"base": f"base{fields.get('base_seed', 0)}", "scope": "C7-C12"}
        return self._add({"cell": key, **found_by, **common, **fields})

    def _add(self, fields: dict[str, Any]) -> Record:
        record = Record(**{name: value for name, value in fields.items() if name != "deep"})
        self.records.append(record)
        return record

    def _other(
        self, key: str, data: str, found: dict[str, float], ratio: float, fields: dict[str, Any]
    ) -> Record:
        """A finished cell of another network than Cnn14."""
        network = fields["network"]
        macs, parameters, _ = UNPRUNED[network]
        widths = tuple(n - int(ratio * n + 0.5) for n in GROUPS[network].values())
        stages = {"base": found}
        if fields.get("control") != "unpruned":
            stages = {"base": {"test_map": 0.8}, "fine-tuned": found}
            if ratio:
                stages["pruned"] = {"test_map": found["test_map"] * (1 - 0.6 * ratio)}
        kept = (1 - ratio) ** 1.5
        measures = {
            "parameters": round(parameters * kept),
            "parameter_bytes": 4 * round(parameters * kept),
            "file_bytes": 4 * round(parameters * kept) + 40_000,
            "macs_backbone": round(macs * kept),
            "macs_with_frontend": round(macs * kept) + 21_000_000,
        }
        told = {"data": data, "widths": widths, "stages": stages, "measures": measures, "scope": "inner"}
        base = f"{network} {fields.get('base_seed', 0)}"
        return self._add({"cell": key, "base": base, "groups": tuple(GROUPS[network]), **told, **fields})

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
        **network: Any,
    ) -> Maker:
        """The cells of a preset with its unpruned controls; `network` names another than Cnn14."""
        whole = UNPRUNED.get(network.get("network", ""), (0, 0, 1.8))[2]
        for base in bases:
            shared = {"data": data, "base_seed": base, **network}
            if not any(
                r.control == "unpruned"
                and (r.data, r.network) == (data, network.get("network", "cnn14"))
                and r.base_seed == base
                for r in self.records
            ):
                self.cell(signal=whole, control="unpruned", scope="none", **shared)
            tuned = {**shared, "scope": scope, "finetune_scope": finetune}
            for s in seeds:
                for rate, signal in (("shared", whole - 0.02), ("own", whole + 0.04)):
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
                                signal=whole - 1.3 * loss * ratio**1.5 + wander * ratio,
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
        for network, widths in sorted({(r.network, r.widths) for r in self.records}):
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
            told = {"schema_version": 1, "widths": list(widths), "timings": timings}
            told |= {} if network == "cnn14" else {"network": network}
            lines[network, widths] = json.dumps(told)
        (self.folder / "shapes.jsonl").write_text("".join(f"{line}\n" for line in lines.values()))

    def two_lengths(self, steps: int = 60) -> Maker:
        """Give every fine-tuned cell a short length beside the one it has, which becomes the converged one."""
        for place, record in enumerate(self.records):
            if "fine-tuned" not in record.stages:
                continue
            found = dict(record.stages)
            rest = {"steps": 400.0, "best_step": 360.0, "bound_reached": 0.0}
            found["converged"] = {**found.pop("fine-tuned"), **rest}
            rate = None
            if record.control not in ("scratch", "scratch-macs"):
                scores = self.short_scores(record)
                np.savez_compressed(self.folder / "scores" / f"{record.outcome}.fine-tuned.npz", test=scores)
                short = {"test_map": slow_map(self.data(record.data), scores), "steps": float(steps)}
                found["fine-tuned"] = {**short, "classes_with_positives": self.classes}
                rate = 3e-3
            self.records[place] = dataclasses.replace(record, stages=found, short_learning_rate=rate)
        return self

    def quantised(self, loss: float = 0.1, *, spread: float = 0.05) -> Maker:
        """Give every cell a model in 8-bit integers that has lost as much of the signal, more or less of it by cell."""
        for place, record in enumerate(self.records):
            with np.load(self.folder / "scores" / f"{record.outcome}.npz") as kept:
                scores, targets = kept["test"], self.data(record.data)
            drawn = np.random.default_rng([5, place])
            lost = loss + spread * drawn.normal()
            noise = 0.02 * drawn.normal(size=scores.shape)
            integers = (scores - lost * targets + noise).astype(np.float32)
            np.savez_compressed(self.folder / "scores" / f"{record.outcome}.quantised.npz", test=integers)
            found = {"test_map": slow_map(targets, integers), "classes_with_positives": self.classes}
            parameters = record.measures["parameters"]
            files = {"onnx_file_bytes": 4 * parameters + 20_000, "quantised_file_bytes": parameters + 40_000}
            self.records[place] = dataclasses.replace(
                record,
                stages={**record.stages, "quantised": found},
                measures={**record.measures, **files},
            )
        return self

    def curves(self, every: int = 40) -> Maker:
        """Curves of validation mAP along every fine-tuning; those to convergence end where each cell did."""
        lines = []
        for record in self.records:
            if record.finetune_seed is None or record.control in ("scratch", "scratch-macs"):
                continue
            draw = np.random.default_rng(int(record.outcome[:8], 16))
            height = record.stages[record.last_stage]["test_map"]
            last = int(draw.integers(8, 15)) * every + int(draw.integers(0, every))
            steps = [*range(0, last, every), last] if "converged" in record.stages else [0, 20, 40, 60]
            pace = 60 + 50 * (len(record.criterion or "") % 4)
            curve = [[s, height * (1 - 0.6 * np.exp(-s / pace)) + 0.005 * draw.normal()] for s in steps]
            lines.append(json.dumps({"outcome": record.outcome, "curve": curve}))
        (self.folder / "curves.jsonl").write_text("".join(f"{line}\n" for line in lines))
        return self

    def short_scores(self, record: Record) -> np.ndarray:
        """Scores of a cell after its short fine-tuning: lower with the ratio, by more for some criteria."""
        with np.load(self.folder / "scores" / f"{record.outcome}.npz") as held:
            scores = held["test"]
        seeds = [int(record.outcome[:8], 16), len(record.criterion or "")]
        loss = 0.4 + 1.2 * record.ratio * (len(record.criterion or "") % 5) / 4
        noise = np.random.default_rng(seeds).normal(size=scores.shape)
        return (scores - loss * self.data(record.data) + 0.2 * noise).astype(np.float32)

    def fail(self, **fields: Any) -> None:
        """Add a failed cell."""
        self.records.append(
            Record(status="failed", **{"outcome": "", "base": "base0", "scope": "C7-C12", **fields})
        )

    def networks(self, bases: tuple[int, ...] = (0,), others: tuple[str, ...] = (MOBILENET, RESNET)) -> Maker:
        """Cnn14 over all of its layers, and other networks, each with its own base models."""
        ratios = (0.25, 0.5, 0.7, 0.8)
        few = {name: LOSS[name] for name in ("l1", "geometric_median", "operator_norm", "random")}
        how: dict[str, Any] = {
            "bases": bases,
            "ratios": ratios,
            "criteria": few,
            "finetune": "all",
            "latency": False,
        }
        self.grid(scope="C1-C12", deep=True, **how)
        for network in others:
            self.grid(scope="inner", network=network, **how)
        self.shapes()
        return self

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


def written(run: Path) -> tuple[Report, dict[str, Drawn]]:
    """The report, its figures as SVG alone: three formats take three times as long; and what was drawn, by its name."""
    drawn: dict[str, Drawn] = {}

    def kept(report: Report, width: str | None) -> Iterator[Drawn]:
        for figure in figures_of(report, width):
            drawn[figure.name] = figure
            yield figure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prunebench.reports.writing.figures_of", kept)
        return write_report([run], formats=["svg"]), drawn


@pytest.fixture(scope="session")
def quick_written(quick_run: Path) -> tuple[Report, dict[str, Drawn]]:
    """The written report of the `quick` run with its figures."""
    return written(quick_run)


@pytest.fixture(scope="session")
def quick_report(quick_written: tuple[Report, dict[str, Drawn]]) -> Report:
    """The report alone."""
    return quick_written[0]


@pytest.fixture(scope="session")
def two_lengths_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose cells have a short fine-tuning and one to convergence; tests only read it."""
    folder = tmp_path_factory.mktemp("two")
    maker = Maker(folder).config(name="two").grid(bases=(0, 1))
    for base in (0, 1):
        scratch = {"base_seed": base, "scope": "C7-C12", "finetune_scope": "tail", "finetune_seed": 0}
        maker.cell(signal=1.2, noise=7, control="scratch", ratio=0.5, **scratch)
    return maker.two_lengths().curves().write()


@pytest.fixture(scope="session")
def two_lengths_report(two_lengths_run: Path) -> Report:
    """The written report of the run of two lengths; its figures are drawn, and their files are empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prunebench.reports.writing.rendered", lambda figure, kind: b"")
        return write_report([two_lengths_run], formats=["svg"])


@pytest.fixture(scope="session")
def networks_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over three networks, two base models each; tests only read it."""
    folder = tmp_path_factory.mktemp("networks")
    return Maker(folder).config(name="networks").networks((0, 1)).write()


@pytest.fixture(scope="session")
def networks_written(networks_run: Path) -> tuple[Report, dict[str, Drawn]]:
    """The written report of the run over networks with its figures."""
    return written(networks_run)


@pytest.fixture(scope="session")
def networks_report(networks_written: tuple[Report, dict[str, Drawn]]) -> Report:
    """The report alone."""
    return networks_written[0]
