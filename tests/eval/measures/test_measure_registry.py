"""Measures by name: declared, bounded, from other distributions, and one that fails takes nothing with it."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score, roc_auc_score

from prunebench.eval.errors import InputError
from prunebench.eval.measures.measure_contract import Measure, ModelMeasure, QualityMeasure
from prunebench.eval.measures.measure_registry import (
    BUILTIN,
    GROUP,
    get_measure,
    installed_measures,
    measure_names,
    quality_measures,
    shape_measures,
    take,
)

TOP = """
from prunebench.eval.measures.measure_contract import QualityMeasure
top = QualityMeasure(name="{name}", title="share of clips whose top class is right", better="higher",
                     bounds=(0, 1), value=lambda t, s: t[range(len(t)), s.argmax(1)].mean())
not_one = 3
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)

    def installed(distribution: str, source: str, **entries: str) -> None:
        module = distribution.replace("-", "_")
        monkeypatch.delitem(sys.modules, module, raising=False)
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name} = {module}:{attribute}" for name, attribute in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
        importlib.invalidate_caches()

    return installed


@pytest.fixture
def clips() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    targets = rng.random((60, 5)) < 0.3
    targets[:, 4] = False
    return targets, rng.normal(size=(60, 5)).round(1).astype(np.float32)


def test_every_built_in_declares_itself() -> None:
    titles = [measure.title for measure in BUILTIN.values()]
    assert len(set(titles)) == len(titles)
    for name, measure in BUILTIN.items():
        told = measure.description()
        assert told["name"] == name
        assert told["kind"] in ("quality", "model", "shape")
        assert told["cost"]
        assert (name.endswith(("_bytes", "bytes_fp16", "bytes_compressed"))) <= (told["unit"] == "B")


def test_quality_of_a_set_is_scikit_learns(clips: tuple[np.ndarray, np.ndarray]) -> None:
    targets, scores = clips
    figures, failed = take(quality_measures(BUILTIN.values()), targets, scores)
    assert not failed
    assert "accuracy" not in figures  # not every clip has one class
    auc = roc_auc_score(targets[:, :4], scores[:, :4], average="macro")
    assert figures["roc_auc"] == pytest.approx(auc, abs=1e-12)
    labelled = targets.any(axis=1)
    expected = label_ranking_average_precision_score(
        targets[labelled], scores[labelled], sample_weight=targets[labelled].sum(axis=1)
    )
    assert figures["lwlrap"] == pytest.approx(expected, abs=1e-12)
    single = np.eye(5, dtype=bool)[np.arange(60) % 5]
    figures, _ = take([BUILTIN["accuracy"]], single, scores)
    assert figures["accuracy"] == (scores.argmax(1) == np.arange(60) % 5).mean()


def test_what_is_not_defined_is_left_out(clips: tuple[np.ndarray, np.ndarray]) -> None:
    none = np.zeros_like(clips[0])
    assert take(quality_measures(BUILTIN.values()), none, clips[1]) == ({}, {})
    perfect = clips[0].astype(np.float32)
    figures, failed = take([BUILTIN["d_prime"], BUILTIN["roc_auc"]], clips[0], perfect)
    assert (figures, failed) == ({"roc_auc": 1.0}, {})  # d′ is infinite there, which JSON cannot hold


def test_a_measure_that_fails_takes_nothing_with_it(clips: tuple[np.ndarray, np.ndarray]) -> None:
    def broken(*_: object) -> float:
        raise ZeroDivisionError("no clips")

    def measure(name: str, value: object) -> QualityMeasure:
        return QualityMeasure(name=name, title=name, better="higher", bounds=(0, 1), value=value)

    found, failed = take(
        [
            measure("broken", broken),
            measure("out", lambda *_: 1.5),
            measure("word", lambda *_: "high"),
            measure("leaving", lambda *_: sys.exit(0)),
            BUILTIN["map"],
        ],
        *clips,
    )
    assert list(found) == ["map"]
    assert failed == {
        "broken": "ZeroDivisionError: no clips",
        "out": "Measure `out` must lie in [0, 1]. Found 1.5.",
        "word": "Measure `word` must give a number. Found 'high'.",
        "leaving": "SystemExit: 0",
    }


def test_an_installed_measure_is_one_like_any_other(install, clips: tuple[np.ndarray, np.ndarray]) -> None:
    install("plug-top", TOP.format(name="top"), top="top")
    assert measure_names() == [*BUILTIN, "top"]
    figures, _ = take(quality_measures(installed_measures()[0]), *clips)
    targets, scores = clips
    assert figures["top"] == np.mean([t[s.argmax()] for t, s in zip(targets, scores, strict=True)])


def test_an_installed_measure_of_shapes_is_taken_of_what_makes_a_model(install) -> None:
    source = (
        "from prunebench.eval import ShapeMeasure\n"
        "size = ShapeMeasure(name='size', title='size', better='lower',\n"
        "                    value=lambda make, kwargs, clip, threads: len(make(**kwargs)) + clip[0] + threads)"
    )
    install("plug-size", source, size="size")
    measures = shape_measures([get_measure("size"), *BUILTIN.values()])
    assert [measure.name for measure in measures] == ["size", "peak_memory_bytes", "energy_joules"]
    assert take(measures[:1], dict, {"a": 1, "b": 2}, (1, 1001, 64), 4) == ({"size": 7.0}, {})


@pytest.mark.parametrize(
    ("source", "attribute", "says"),
    [
        (TOP.format(name="top"), "gone", "must load. Found AttributeError"),
        ("raise RuntimeError('no licence')", "top", "must load. Found RuntimeError: no licence."),
        ("raise SystemExit(0)", "top", "must load. Found SystemExit: 0."),
        (
            TOP.format(name="top").replace("title=", "unit={1}, title="),
            "top",
            "declare itself in JSON values",
        ),
        (TOP.format(name="top"), "not_one", "Found int."),
        (TOP.format(name="other"), "top", "Found `other`: rename one of them."),
        (TOP.format(name="two words"), "top", "its name must be a Python identifier"),
    ],
)
def test_one_that_does_not_load_is_named_and_the_others_stand(install, source, attribute, says) -> None:
    install("plug-top", source, top=attribute)
    measures, missing = installed_measures()
    assert [measure.name for measure in measures] == list(BUILTIN)
    assert says in missing["top"]
    with pytest.raises(InputError, match=r"Measure `top` of distribution `plug-top`"):
        get_measure("top")


def test_two_of_one_name_are_refused(install) -> None:
    install("plug-a", TOP.format(name="top"), top="top")
    install("plug-b", TOP.format(name="top"), top="top")
    with pytest.raises(InputError, match="Found `top` in `plug-a` and `plug-b`: uninstall all but one"):
        get_measure("top")
    install("plug-c", TOP.format(name="map"), map="top")
    with pytest.raises(
        InputError, match=r"must not have the name of a built-in one\. Found `map` in `plug-c`: rename"
    ):
        get_measure("map")


def test_declarations_are_checked() -> None:
    with pytest.raises(InputError, match=r"must be `higher` or `lower`. Found 'up'"):
        Measure(name="a", title="A", better="up")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"The lower bound of measure `a` must be below the upper one"):
        ModelMeasure(name="a", title="A", better="lower", bounds=(1, 0), value=lambda _: 0.0)
    assert math.isnan(BUILTIN["map"].checked(math.nan))
    for bounds, value, must in (((0, None), -1, "be at least 0"), ((None, 1), 2, "be at most 1")):
        measure = ModelMeasure(name="a", title="A", better="lower", bounds=bounds, value=lambda _: 0.0)
        with pytest.raises(InputError, match=rf"^Measure `a` must {must}\. Found {value}\.0\.$"):
            measure.checked(value)
    with pytest.raises(InputError, match="Unknown measure `mop`"):
        get_measure("mop")
