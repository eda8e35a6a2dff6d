"""Shapes are timed beside each other; a figure that fails is marked with the reason and the others stand."""

import pytest

from prunebench.eval import InputError, MeasurementError, ShapeMeasure
from prunebench.eval.cost.complexity import cnn14_macs
from prunebench.eval.run.shape_line import ShapeKey, ShapeTimings, load_shapes
from prunebench.eval.runtime.backend_latency import Latency
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import MeasureSection
from prunebench.harness.engine.progress import Progress
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.plan.subjects import Subject
from prunebench.harness.sweep import shapes as module

FULL, HALF = (8,) * 12, (8,) * 6 + (4,) * 6


class Run:
    """As much of a run folder as shapes need."""

    def __init__(self, path):
        self.path = path

    def records(self):
        done = type("Done", (), {"status": "done"})
        keys = [ShapeKey("cnn14", widths, 2) for widths in (FULL, HALF)]
        return {str(key): type("Of", (done,), {"shape": key})() for key in keys}

    def shapes(self, settings):
        return set()

    def add_shape(self, of, timings, settings, failed):
        line = ShapeTimings(of.widths, timings, settings, failed, of.network, of.n_classes)
        with (self.path / "shapes.jsonl").open("a") as stream:
            stream.write(line.to_json() + "\n")


class Said:
    """The failures that a display is told of."""

    def __init__(self):
        self.failures = []

    def show(self, progress, news):
        if news is not None and news.failed:
            self.failures.append(news.text)


def keyed(found):
    """Figures by widths as figures by shape."""
    return found and {ShapeKey("cnn14", widths, 2): value for widths, value in found.items()}


def latency(ratio, precision=0.01):
    return {
        "latency_backbone_ms": 100 * ratio,
        "latency_backbone_ratio": ratio,
        "latency_backbone_ratio_precision": precision,
        "latency_rounds": 9.0,
    }


@pytest.fixture
def measure(monkeypatch, tmp_path):
    """A call that measures the two shapes with these stand-ins for clock and meters."""
    monkeypatch.setattr(module, "busy_processors", lambda: None)

    def call(
        compared, memory, found=None, quantise=None, **section
    ) -> tuple[dict[tuple[int, ...], ShapeTimings], Said]:
        def compare(*_, **__):
            if isinstance(compared, Exception):
                raise compared
            return keyed(compared)

        meters = [
            ShapeMeasure(name="peak", title="a peak", better="lower", value=memory),
            ShapeMeasure(name="heat", title="heat", better="lower", unit="K", value=lambda *_: 300.0),
        ]
        monkeypatch.setattr(module, "compare_latency", compare)
        monkeypatch.setattr(module, "compare_backends", lambda *_, **__: keyed(found))
        monkeypatch.setattr(module, "installed_measures", lambda: (meters, {}))
        data = type("Data", (), {"class_names": ("a", "b")})
        said = Said()
        config = Config(measure=MeasureSection(**section), quantise=quantise)
        subjects = [Subject(0, 0, Architecture(FULL, 4, 2), ())]
        module.measure_missing_shapes(config, Run(tmp_path), [data], subjects, Progress([said]))
        return {shape.widths: shape for shape in load_shapes(tmp_path).values()}, said

    return call


def test_the_speed_up_stands_beside_the_macs_and_is_not_clipped(measure):
    found, _ = measure({FULL: latency(1.0, 0), HALF: latency(0.25)}, lambda *_: 5.0)
    half = found[HALF].timings
    macs = [cnn14_macs(widths, 2, 4).backbone for widths in (FULL, HALF)]
    assert half["latency_backbone_speed_up"] == 4
    assert half["latency_backbone_speed_up_over_macs_ratio"] == pytest.approx(4 * macs[1] / macs[0])
    assert half["latency_backbone_speed_up_over_macs_ratio"] > 1
    assert (half["peak"], half["heat"]) == (5.0, 300.0)
    assert found[HALF].failed == {}


def test_a_meter_that_fails_on_one_shape_takes_nothing_with_it(measure):
    def peak(factory, kwargs, clip, threads):
        if kwargs["widths"] == HALF:
            raise InputError("Memory was short.")
        assert (clip, threads) == ((1, 1001, 64), 1)
        return 7.0

    found, _ = measure({FULL: latency(1.0, 0), HALF: latency(0.5)}, peak)
    assert found[FULL].timings["peak"] == 7
    assert found[HALF].failed == {"peak": "Memory was short."}
    assert found[HALF].timings["heat"] == 300


def test_without_a_clock_the_meters_go_on(measure):
    found, said = measure(MeasurementError("The process must live."), lambda *_: 5.0)
    assert found[HALF].timings == {"peak": 5.0, "heat": 300.0}
    assert found[HALF].failed == {"latency_backbone_ms": "The process must live."}
    assert said.failures == ["The process must live."]


def test_a_ratio_that_is_not_known_well_enough_says_so(measure):
    found, said = measure({FULL: latency(1.0, 0), HALF: latency(0.5, 0.06)}, lambda *_: 5.0, precision=0.03)
    why = found[HALF].failed["latency_backbone_ratio"]
    assert why.startswith(
        "The latency ratio is known only to ±6.0%, not to ±3.0%: the time ended after 9 rounds, but about 36 are needed"
    )
    assert "measure.budget_s" in why
    assert found[HALF].timings["latency_backbone_ratio"] == 0.5
    assert (found[FULL].failed, said.failures) == ({}, [])


def test_backends_have_their_figures_or_reasons(measure):
    timed = Latency(20.0, 19.0, 21.0, 400.0, 0.4, 0.39, 0.41, 0.01, 0.01, 9)
    each = {"folded": timed, "onnxruntime-int8": timed, "openvino": "Backend `openvino` failed."}
    backends = dict.fromkeys((FULL, HALF), each)
    found, _ = measure(
        {FULL: latency(1.0, 0), HALF: latency(0.5)},
        lambda *_: 5.0,
        backends,
        backends=("folded", "openvino", "onnxruntime-int8"),
        batch=8,
    )
    assert found[HALF].timings["latency_backbone_folded_clips_per_second"] == 400
    assert found[HALF].timings["latency_backbone_folded_speed_up"] == 2.5
    failed = dict(found[HALF].failed)
    assert "measure their mAP with `prunebench measure --data`" in failed.pop("test_map_onnxruntime_int8")
    assert failed == {"latency_backbone_openvino_ms": "Backend `openvino` failed."}


def test_quantised_models_are_timed_in_both_arithmetics_and_have_their_quality_elsewhere(measure):
    timed = Latency(20.0, 19.0, 21.0, 400.0, 0.4, 0.39, 0.41, 0.01, 0.01, 9)
    found, _ = measure(
        {FULL: latency(1.0, 0), HALF: latency(0.5)},
        lambda *_: 5.0,
        {widths: {"onnxruntime": timed, "onnxruntime-int8": timed} for widths in (FULL, HALF)},
        quantise=True,
    )
    assert found[HALF].failed == {}
    assert found[HALF].timings["latency_backbone_onnxruntime_int8_ms"] == 20
    asked = Config(measure=MeasureSection(backends=("onnxruntime", "folded")), quantise=True)
    settings = module.timing_settings(asked)
    assert settings["backends"] == ["onnxruntime", "folded", "onnxruntime-int8"]


def test_settings_of_old_runs_stay():
    usual = {"threads": 1, "seconds": 10.0, "budget_s": 8.0, "backends": [], "batch": 1}
    assert module.timing_settings(Config()) == usual
    chosen = Config(measure=MeasureSection(precision=0.05))
    assert module.timing_settings(chosen) == {**usual, "precision": 0.05}


def test_more_shapes_have_more_time_in_proportion():
    config = Config(measure=MeasureSection(budget_s=6.0, precision=0.05))
    assert [module._effort(config, shapes).budget_seconds for shapes in (1, 4, 10)] == [6, 6, 15]
    assert module._effort(config, 4).precision == 0.05
