"""A package that counts and cannot be imported takes its own figures with it, and nothing else."""

import subprocess
import sys

import pytest

from prunebench.eval import COUNTERS, InputError, layer_counts
from prunebench.eval.cost.counting_packages import MODULES, NoCounter
from prunebench.eval.measures.exact import exact_measures
from prunebench.harness import Cnn14
from prunebench.harness.measuring.model_figures import counts_of
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network

WIDTHS = (2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10)
SAMPLES = 32_000
KEYS = {"fvcore": ("fvcore", "fvcore_total"), "thop": ("thop",), "torch-pruning": ("torch_pruning",)}


@pytest.fixture(scope="module")
def model():
    return Cnn14(WIDTHS, n_classes=5, embedding=7)


@pytest.fixture(params=sorted(MODULES))
def gone(request, monkeypatch):
    """The name of a package that does not import."""
    monkeypatch.setitem(sys.modules, MODULES[request.param], None)
    return request.param


def test_counting_code_loads_no_package_that_counts():
    code = (
        "import sys, prunebench.eval.cost.module_counts, prunebench.eval.cost.layer_counts\n"
        f"print([name for name in {sorted({name.partition('.')[0] for name in MODULES.values()})} "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_other_counters_count(model, gone):
    for name, count in COUNTERS.items():
        if name in KEYS[gone]:
            with pytest.raises(NoCounter, match=f"`{gone}` cannot be imported, so its counts are absent"):
                count(model, SAMPLES)
        else:
            assert count(model, SAMPLES).backbone > 0


def test_layer_by_layer_it_is_absent_with_the_reason(model, gone):
    with pytest.raises(NoCounter):
        layer_counts(model, SAMPLES)
    missing = {}
    found = layer_counts(model, SAMPLES, missing)
    assert set(missing) == {gone}
    assert set(found) == {"closed form", *MODULES, "torch"} - {gone}


def test_figures_of_a_model_are_absent_with_the_reason(model, gone):
    found = counts_of(model)
    assert set(found["missing"]) == {gone}
    assert set(found["totals"]) == set(found["convention"])
    assert gone not in found["totals"]
    alone = found["fvcore_convolutions_and_linear"]
    assert (alone["backbone"] is None) == (alone["with_frontend"] is None) == (gone == "fvcore")


def test_figures_of_another_network_are_absent_with_the_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "fvcore.nn", None)
    network = resolve_network("mobilenet_v2[width=0.05]")
    found = counts_of(measurable_of(Tagger(network, network.build(3, seed=0))))
    assert set(found["missing"]) == {"fvcore"}
    assert set(found["totals"]) == {"hooks", "thop", "torch-pruning", "torch"}


def test_exact_figures_without_thop(monkeypatch):
    monkeypatch.setitem(sys.modules, "thop", None)
    figures, failed = exact_measures(Cnn14((1, *WIDTHS[1:]), n_classes=5, embedding=7))
    assert {name: "`thop` cannot be imported" in why for name, why in failed.items()} == {
        "macs_thop_backbone": True,
        "macs_thop_with_frontend": True,
    }
    assert figures["macs_backbone"] > 0


@pytest.mark.parametrize("raised", [SystemExit("not on this machine"), RuntimeError("a\nb"), OSError()])
def test_whatever_a_package_raises_is_one_sentence(model, monkeypatch, raised):
    def fail(name):
        if name == "thop":
            raise raised
        return sys.modules[name]

    monkeypatch.setattr("prunebench.eval.cost.counting_packages.importlib.import_module", fail)
    with pytest.raises(NoCounter, match="reinstall it, or use the other counters") as error:
        COUNTERS["thop"](model, SAMPLES)
    assert "\n" not in str(error.value)


def test_a_counter_that_fails_on_a_model_is_absent_with_the_reason(model, monkeypatch):
    import thop

    def fail(*words, **options):
        raise ZeroDivisionError("by a pooling layer")

    monkeypatch.setattr(thop, "profile", fail)
    missing = {}
    found = layer_counts(model, SAMPLES, missing)
    assert missing == {
        "thop": "The counter `thop` must count this model. Found ZeroDivisionError: by a pooling layer."
    }
    assert "thop" not in found
    with pytest.raises(InputError, match="by a pooling layer"):
        layer_counts(model, SAMPLES)
