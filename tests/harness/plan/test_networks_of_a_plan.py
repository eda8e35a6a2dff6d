"""Plans over networks: scopes by group, identities that hold what decides, and what is refused before any training."""

from pathlib import Path

import pytest

from prunebench.eval import InputError
from prunebench.harness import resolve_network
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.plan.plan import make_plan

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

DATA = DataOptions(training_clips=4, validation_clips=4, test_clips=4)
MOBILE = {"network": "mobilenet_v2", "width": 0.125}
SMALL = {"width": 1 / 64}


def plan_of(models, **tables):
    table = {
        "model": models,
        "finetune": {"scopes": ["all"], "seeds": [0], "rates": [1e-3]},
        **tables,
    }
    table["prune"] = {"criteria": ["l1", "random"], "ratios": [0.5], "seeds": [0], **tables.get("prune", {})}
    return make_plan(Config.model_validate(table), [open_dataset(DATA)])


def identities(plan):
    return {cell.identity for cell in plan.cells}


def test_several_networks_make_one_grid():
    both, alone = plan_of([SMALL, MOBILE]), plan_of(MOBILE)
    assert [s.shape.network for s in both.subjects] == ["cnn14", "mobilenet_v2[width=0.125]"]
    assert [s.scopes[0].label for s in both.subjects] == ["C7-C12", "inner"]
    assert identities(alone) < identities(both)
    assert identities(plan_of(SMALL)) == identities(both) - identities(alone)
    assert len({base.identity for base in both.bases}) == 2


def test_the_identity_of_a_base_holds_the_network():
    found = [
        plan_of(model).bases[0].identity
        for model in (
            MOBILE,
            {**MOBILE, "width": 0.25},
            {"network": "mobilenet_v1", "width": 0.125},
            {"network": "mn[width=0.1]"},
            SMALL,
        )
    ]
    assert len(set(found)) == len(found)
    assert plan_of({"network": "mobilenet_v2[width=0.125]"}).bases[0].identity == found[0]
    assert plan_of({"network": "cnn14", **SMALL}).bases[0].identity == found[-1]
    assert plan_of({"network": "cnn14[width=0.015625]"}).bases[0].identity == found[-1]


def test_the_reduction_decides_where_several_layers_write_a_group():
    def cells(scope, reduction):
        return identities(plan_of(MOBILE, prune={"scopes": [scope], "reduction": reduction}))

    assert cells("inner", "first") == cells("inner", "mean")
    unpruned = cells("all", "first") & cells("all", "mean")
    assert len(unpruned) == 1  # the base model alone: `random` chooses the rate, so it is in every tuned cell


def test_each_group_alone_is_a_scope():
    plan = plan_of(MOBILE, prune={"scopes": ["each"]})
    (subject,) = plan.subjects
    assert [scope.layers for scope in subject.scopes] == [(name,) for name in subject.shape.groups]
    assert [scope.label for scope in plan_of(SMALL, prune={"scopes": ["each"]}).subjects[0].scopes] == [
        f"C{number}" for number in range(1, 13)
    ]


def test_words_for_scopes_go_for_cnn14_too():
    scopes = ["default", "inner", "all"]
    assert [s.label for s in plan_of(SMALL, prune={"scopes": scopes}).subjects[0].scopes] == [
        "C7-C12",
        "C1-C12",
    ]


@pytest.mark.parametrize(
    ("models", "prune", "message"),
    [
        (MOBILE, {"scopes": ["conv9"]}, r"`prune.scopes`: A scope of mobilenet_v2.* Found `conv9`"),
        (
            MOBILE,
            {"criteria": ["hrank", "operator_similarity", "random"]},
            r"`mobilenet_v2.*`operator_similarity`",
        ),
        (
            [SMALL, MOBILE],
            {"scopes": ["C7-C12"]},
            r"`C7-C12` is a scope of Cnn14, not of `mobilenet_v2",
        ),
        ({"network": "mn[width=0.1]"}, {"criteria": ["apoz", "random"]}, r"`mn\[width=0.1\]`: Pruner `apoz`"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_training(models, prune, message):
    with pytest.raises(InputError, match=message):
        plan_of(models, prune=prune)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.network=mobilnet_v2"], "Unknown network `mobilnet_v2`; did you mean `mobilenet_v2`"),
        (["model.network='mn[width=0.4]'", "model.width=0.5"], "names a width"),
        (["model.network=cnn6", "model.width=0"], "model.width"),
        (["prune.scopes=C13"], "C13"),
        (["prune.scopes=stem"], "`prune.scopes`: A layer must be one of C1 … C12. Found `stem`"),
        (["prune.divisor=0"], "prune.divisor"),
        (["prune.reduction=sum"], "prune.reduction"),
    ],
)
def test_a_configuration_says_what_is_wrong(overrides, message):
    with pytest.raises(InputError, match=message):
        load_config(QUICK, overrides)


def test_networks_of_one_label_are_refused():
    with pytest.raises(
        ValueError, match=r"Found `cnn14` twice: leave one out, or use `network = \"cnn14\[width=0\.25\]\"`"
    ):
        Config.model_validate({"model": [SMALL, {"width": 0.25}]})
    both = Config.model_validate({"model": [SMALL, {"network": "cnn14[width=0.25]"}]})
    assert [model.label for model in both.model] == ["cnn14", "cnn14[width=0.25]"]


def test_a_resolved_configuration_comes_back(tmp_path):
    config = Config.model_validate({"model": [SMALL, MOBILE]})
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == config
    assert config.prune.scopes == ("default",)
    one = load_config(QUICK)
    assert "network" not in one.to_toml()
    assert "files" not in one.table()["model"]


def test_a_checkpoint_of_another_network_is_a_starting_point(tmp_path):
    network = resolve_network("mobilenet_v2[width=0.125]")
    data = open_dataset(DATA)
    tagger = Tagger(network, network.build(len(data.class_names), seed=3))
    pruned = tagger.without({tagger.groups[1].name: (0,)})
    file = tmp_path / "mine.pt"
    save_any_checkpoint(pruned, file, style="prunebench", class_names=data.class_names)
    plan = plan_of({"network": "mobilenet_v2[width=0.125]", "checkpoint": str(file)})
    assert plan.subjects[0].shape.widths == pruned.widths
    with pytest.raises(InputError, match=r'set `model.network = "mobilenet_v2\[width=0.125\]"`'):
        plan_of({"checkpoint": str(file)})


def test_mels_are_not_hidden_from_a_network_that_reads_waveforms():
    with pytest.raises(
        InputError, match=r"`base.spec_augment` masks mel bands, but `wavegram_logmel_cnn14.*` reads wave"
    ):
        plan_of({"network": "wavegram_logmel_cnn14", "width": 0.02}, base={"spec_augment": True})


def test_a_network_at_another_rate_than_its_data(tmp_path):
    with pytest.raises(InputError, match=r"needs clips at 16000 Hz. Found `synth .*` at 32000 Hz"):
        plan_of({"network": "cnn14[sample_rate=16000]", **SMALL})


def test_two_models_of_one_network_and_widths_are_not_pooled(tmp_path):
    """Reports would take two checkpoints, or one beside a trained model, for two seeds of one base model."""
    network = resolve_network("mobilenet_v2[width=0.125]")
    data = open_dataset(DATA)
    whole = [Tagger(network, network.build(len(data.class_names), seed=seed)) for seed in (0, 1)]
    smaller = whole[0].without({whole[0].groups[0].name: (0,)})
    files = [str(tmp_path / f"{number}.pt") for number in range(3)]
    for file, tagger in zip(files, (*whole, smaller), strict=True):
        save_any_checkpoint(tagger, file, style="prunebench", class_names=data.class_names)
    one, other, pruned = ({"network": network.label, "checkpoint": file} for file in files)
    with pytest.raises(
        InputError, match=r"Found `mobilenet_v2\[width=0.125\]` with the same widths in tables 1 and 2"
    ):
        plan_of([one, other])
    with pytest.raises(InputError, match="run each in its own run folder"):
        plan_of([MOBILE, one])
    assert len(plan_of([one, pruned]).bases) == 2
