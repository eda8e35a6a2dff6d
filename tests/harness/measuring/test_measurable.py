"""A tagger of any network is measured by the code that measures a Cnn14, with its own front end."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from prunebench.eval import COUNTERS, InputError, count_macs, file_bytes, in_child
from prunebench.eval.cost import hooked_clip
from prunebench.eval.cost.activations import model_activation_peak_bytes
from prunebench.eval.cost.complexity import backbone_macs
from prunebench.eval.cost.front_ends import front_end_convention
from prunebench.eval.cost.geometry import Clip, clip_of
from prunebench.eval.measures.exact import exact_measures
from prunebench.harness import Cnn14, resolve_network, traced
from prunebench.harness.measuring.factories import made_shape
from prunebench.harness.networks.contract.measurable import Measurable, check_scores, measurable_of
from prunebench.harness.networks.contract.tagger import Tagger

SMALL = {
    "mn[width=0.1]": (Clip(320_000, 800, 320, 128, 1000), "fft", 10_240_000),
    "resnet22[width=0.05]": (Clip(), "convolution", 1_051_674_624),
    "cnn14_decision_level_max[width=0.05]": (Clip(), "convolution", 1_051_674_624),
    "wavegram_logmel_cnn14[width=0.05]": (Clip(320_000, 1, 1, 1, 320_000), "none", 0),
    "cnn14[sample_rate=16000,width=0.05]": (Clip(160_000, 512, 160), "convolution", 263_431_168),
}


def tagger(label: str, n_classes: int = 4) -> Tagger:
    network = resolve_network(label)
    return Tagger(network, network.build(n_classes, seed=1))


@pytest.fixture(params=SMALL)
def label(request):
    return request.param


def test_costs_are_those_of_the_networks_own_front_end(label):
    found = Measurable(tagger(label))
    clip, convention, macs = SMALL[label]
    assert clip_of(found) == clip
    features = found.frontend.features(torch.zeros(1, clip.samples))
    assert features.shape == (1, clip.frames, clip.mels)
    assert front_end_convention(found) == convention
    counted = count_macs(found)
    assert counted.with_frontend - counted.backbone == macs
    # fvcore traces the network, hooks see its layers.
    assert COUNTERS["fvcore"](found, None) == counted
    assert COUNTERS["thop"](found, None).with_frontend - COUNTERS["thop"](found, None).backbone == macs


def test_every_exact_figure_is_there(label):
    subject = tagger(label)
    found, failed = exact_measures(Measurable(subject))
    assert not failed
    names = {"parameters", "parameter_bytes", "file_bytes", "file_bytes_fp16", "activation_peak_bytes_fp16"}
    assert names | {
        f"macs_{kind}" for kind in ("backbone", "with_frontend", "thop_backbone", "thop_with_frontend")
    } <= set(found)
    assert found["file_bytes"] == file_bytes(subject.model)
    assert found["parameters"] == sum(p.numel() for p in subject.model.parameters() if p.requires_grad)
    assert found["macs_thop_backbone"] > found["macs_backbone"]


def test_hooks_find_of_a_cnn14_what_its_closed_forms_give():
    model = Cnn14((2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10), n_classes=5, embedding=7).eval()
    cnn14 = Tagger(resolve_network("cnn14"), model)
    assert measurable_of(cnn14) is model
    found, failed = exact_measures(Measurable(cnn14))
    assert (found, failed) == exact_measures(model)


def test_the_largest_convolution_of_a_residual_network_by_hand():
    # Width 0.05 leaves 3 filters of 64; the second convolution reads and writes 3 maps of 1,001 frames and 64 mels.
    found = Measurable(tagger("resnet22[width=0.05]"))
    assert model_activation_peak_bytes(found) == 2 * 6 * 1001 * 64
    assert model_activation_peak_bytes(found, 32_000, 4) == 4 * 6 * 101 * 64


def test_scores_of_features_and_of_waveforms(label):
    subject = tagger(label)
    found = Measurable(subject)
    front = subject.network.frontend
    waveforms = torch.randn(2, 2 * front.sample_rate, generator=torch.Generator().manual_seed(0)) / 10
    with torch.no_grad():
        logits = subject.logits(front.features(waveforms))
        scores, of_features = found(waveforms), found.from_log_mel(front.features(waveforms))
        short = found(waveforms[:, :5])
    assert torch.equal(scores.logits, logits)
    assert torch.equal(of_features.probabilities, torch.sigmoid(logits))
    assert short.logits.shape == (2, 4)
    assert bool(short.logits.isfinite().all())


def test_a_model_is_left_in_its_mode():
    subject = tagger("mn[width=0.1]")
    subject.model.train()
    before = {name: value.clone() for name, value in subject.model.state_dict().items()}
    exact_measures(Measurable(subject))
    assert all(module.training for module in subject.model.modules())
    assert all(torch.equal(value, before[name]) for name, value in subject.model.state_dict().items())


def test_a_shape_runs_once_and_other_shapes_run_again(monkeypatch):
    runs = []
    real = hooked_clip.hooked
    monkeypatch.setattr(hooked_clip, "hooked", lambda *given: runs.append(given) or real(*given))
    monkeypatch.setattr(hooked_clip, "_FOUND", {})
    first = backbone_macs(Measurable(tagger("resnet22[width=0.05]")))
    assert backbone_macs(Measurable(tagger("resnet22[width=0.05]"))) == first
    assert len(runs) == 1
    assert backbone_macs(Measurable(tagger("resnet22[width=0.05]", n_classes=5))) > first
    assert backbone_macs(Measurable(tagger("resnet22[width=0.06]"))) > first
    assert backbone_macs(Measurable(tagger("cnn6[width=0.05]"))) != first
    assert len(runs) == 4
    strided = []
    for stride in (1, 2):
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        model = nn.Sequential(nn.Conv2d(1, 4, 3, stride), pool, nn.Linear(4, 2)).eval()
        strided.append(backbone_macs(Measurable(Tagger(traced(head=("2",)), model))))
    assert strided[0] > 3 * strided[1]


@dataclass(frozen=True)
class Loudness:
    """A front end that says nothing of its costs: 64 equal values a tenth of a second."""

    sample_rate: int = 8000
    window: int = 800
    hop: int = 800
    mels: int = 64

    def features(self, waveforms: torch.Tensor) -> torch.Tensor:
        return waveforms.unfold(1, self.window, self.hop).square().mean(-1, keepdim=True).expand(-1, -1, 64)


def test_a_front_end_that_does_not_say_its_macs_leaves_the_rest():
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = nn.Sequential(nn.Conv2d(1, 4, 3), pool, nn.Linear(4, 2)).eval()
    measured = Measurable(Tagger(traced(head=("2",), frontend=Loudness()), model))
    assert clip_of(measured) == Clip(80_000, 800, 800, 64, 100)
    found, failed = exact_measures(measured)
    assert found["macs_backbone"] == 9 * 4 * 98 * 62 + 8
    assert set(failed) == {"macs_with_frontend", "macs_thop_with_frontend"}
    assert "`Loudness` lacks one of the two: add both" in failed["macs_with_frontend"]


def widths_and_macs(**kwargs):
    """In the child: filters of each group, and MACs."""
    made = made_shape(**kwargs)
    known = made.network if isinstance(made, Measurable) else resolve_network("cnn14")
    model = made.model if isinstance(made, Measurable) else made
    return {group.name: group.filters for group in known.groups(model)}, count_macs(made).backbone


@pytest.mark.parametrize("name", ["mn[width=0.1]", "resnet22[width=0.05]", "cnn14[width=0.05]"])
def test_a_shape_in_numbers_is_made(name):
    whole = tagger(name)
    wanted = {group.name: max(1, group.filters // 2) for group in whole.chosen(whole.scope(None))}
    widths, macs = widths_and_macs(network=name, files=(), n_classes=4, widths=wanted)
    assert widths == {group.name: wanted.get(group.name, group.filters) for group in whole.groups}
    assert macs < count_macs(measurable_of(whole)).backbone
    unpruned, all_macs = widths_and_macs(network=name, files=(), n_classes=4, widths={})
    assert unpruned == {group.name: group.filters for group in whole.groups}
    assert all_macs == count_macs(measurable_of(whole)).backbone


@pytest.mark.slow
def test_factories_work_in_a_child_process(tmp_path):
    from prunebench.harness.measuring.factories import load_measurable
    from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint

    whole = tagger("cnn6[width=0.05]")
    save_any_checkpoint(whole, tmp_path / "m.pt", style="prunebench")
    state = in_child(1, load_measurable, str(tmp_path / "m.pt")).state_dict()
    assert all(torch.equal(value, state[name]) for name, value in whole.model.state_dict().items())
    made = in_child(1, made_shape, "cnn6[width=0.05]", (), 4, {"conv_block1.conv1": 2})
    assert count_macs(made).backbone < count_macs(Measurable(whole)).backbone


@pytest.mark.parametrize(
    ("widths", "says"),
    [({"conv_block1.conv1": 99}, "must keep 1 to 3 filters"), ({"conv9": 1}, "Found `conv9`")],
)
def test_impossible_shapes(widths, says):
    with pytest.raises(InputError, match=says):
        made_shape("cnn6[width=0.05]", (), 4, widths)


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (
            lambda model, features: model(features[:, None]) * float("nan"),
            "logits of silence that are not finite",
        ),
        (lambda model, features: model(features[:, None])[:, :1], r"shape \(1, 1\) and not \(1, 2\)"),
        (lambda model, features: None, "must score a clip. Found TypeError"),
    ],
)
def test_a_network_without_scores_is_refused(forward, says):
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = nn.Sequential(nn.Conv2d(1, 4, 3), pool, nn.Linear(4, 2)).eval()
    check_scores(Tagger(traced(head=("2",), forward=lambda m, features: m(features[:, None])), model))
    with pytest.raises(InputError, match=says):
        check_scores(Tagger(traced(head=("2",), forward=forward), model))
