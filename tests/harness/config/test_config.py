import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.config.preset_files import PRESETS
from prunebench.harness.plan import subjects as subject
from prunebench.pruners import BUILTIN

AT_FULL_SIZE = dict.fromkeys(("panns", "epanns"), ("data.root=AUDIOSET",))
SIX = ("l1", "geometric_median", "random", "operator_norm", "operator_norm_released", "operator_similarity")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_read_back_from_their_own_text(preset, tmp_path):
    config = load_config(preset, AT_FULL_SIZE.get(preset, ()))
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == config


def pairs(config):
    found = subject.pairs(config.prune.parsed_scopes(), config.finetune.scopes)
    return [(scope.label, finetune_scope) for scope, finetune_scope in found]


def test_quick_is_what_it_says():
    config = load_config("quick")
    assert config.prune.criteria == SIX
    assert config.prune.ratios == (0.25, 0.5, 0.75)
    assert pairs(config) == [("C7-C12", "tail")]
    assert len(config.finetune.seeds) == 2
    assert not config.claim


def test_standard_and_claim_are_what_they_say():
    standard, claim = load_config("standard"), load_config("claim")
    assert (len(standard.base.seeds), len(claim.base.seeds)) == (3, 6)
    for config in (standard, claim):
        assert len(config.prune.ratios) == 5
        assert pairs(config) == [("C7-C12", "tail"), ("C7-C12", "all"), ("C1-C12", "all")]
        assert config.controls.reversed
        assert config.controls.scratch
    assert claim.claim
    assert not standard.claim


def test_all_stands_for_every_built_in_criterion_once():
    found = load_config("quick", ["prune.criteria=all"]).prune.criteria
    assert len(found) == len(BUILTIN)
    more = load_config("quick", ["prune.criteria=['l1', 'all', 'tp:magnitude']"]).prune.criteria
    assert set(more) == {*found, "tp:magnitude"}
    assert len(more) == len(found) + 1


def test_overrides():
    config = load_config(
        "quick",
        ["base.seeds=[3, 4]", "base.pretrained=false", "data.seed=7", "name=mine", "prune.scopes=['C9-C12']"],
    )
    assert config.base.seeds == (3, 4)
    assert config.data[0].seed == 7
    assert config.name == "mine"
    assert config.prune.scopes == ("C9-C12",)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("finetune.stepz=3", "Unknown key `finetune.stepz`; did you mean `steps`"),
        ("finetunes.steps=3", "Unknown key `finetunes`; did you mean `finetune`"),
        ("data.nam=synth", "Unknown key `data.nam`; did you mean `name`"),
        ("prune.criteria=['l2x','random']", "Unknown pruner `l2x`; did you mean"),
        ("prune.criteria=['l1']", "must contain `random`"),
        ("prune.ratios=[0.5, 1.0]", r"a ratio must lie in \(0, 1\).*Found 1.0"),
        ("prune.ratios=[]", "the sweep has no budget point, so it would prune nothing: give `prune.ratios`"),
        ("prune.scopes=['C13']", "A layer must be one of C1 … C12. Found `C13`"),
        ("finetune.mixup=1.0", "trains on cached outputs of the stem"),
        ("prune.scopes=['C1-C12']", "so a part of `prune.scopes` must lie in C7–C12"),
        (
            "finetune.scopes=['head']",
            'Entry 1 of `finetune.scopes` must be `tail`, `all` or `none`. Found "head"',
        ),
        ("base.steps=-1", "`base.steps` must be at least 0. Found -1"),
        ("threads=zero", '`threads` must be a whole number. Found "zero"'),
        ("data.name=sinth", "Unknown data set `sinth`; did you mean `synth`"),
        ("nonsense", "takes key=value"),
        ("finetune.rates=[-1.0]", "Entry 1 of `finetune.rates` must be more than 0. Found -1.0"),
        ("finetune.rates=[nan]", "Entry 1 of `finetune.rates` must be finite"),
        ("finetune.rate_ratios=[1.5]", "Entry 1 of `finetune.rate_ratios` must be less than 1. Found 1.5"),
        ("base.weight_decay=inf", "`base.weight_decay` must be finite"),
        ("finetune.mixup=inf", "`finetune.mixup` must be finite"),
        ('sparsify={methods=["slimming"],weight_decay=inf}', r"`sparsify\.weight_decay` must be finite"),
        ("base.seeds=[-1]", "Entry 1 of `base.seeds` must be at least 0. Found -1"),
        ("name=..", '`name` may contain only letters.*Found ".."'),
    ],
)
def test_bad_values_are_named_with_the_nearest(override, message):
    with pytest.raises(InputError, match=message):
        load_config("quick", [override])


def test_what_is_given_twice_counts_once():
    config = load_config(
        "quick",
        [
            "base.seeds=[0, 1, 0]",
            "base.pretrained=false",
            "prune.ratios=[0.5, 0.5]",
            "finetune.rates=[1e-3, 0.001]",
        ],
    )
    assert (config.base.seeds, config.prune.ratios, config.finetune.rates) == ((0, 1), (0.5,), (0.001,))


def test_unknown_sources(tmp_path):
    with pytest.raises(InputError, match="did you mean `quick`"):
        load_config("quik")
    (tmp_path / "broken.toml").write_text("name = ")
    with pytest.raises(InputError, match="is not valid TOML"):
        load_config(str(tmp_path / "broken.toml"))


def test_defaults_are_a_valid_sweep():
    assert pairs(Config()) == [("C7-C12", "tail")]


def test_a_configuration_that_converges_reads_back_and_can_be_told_not_to(tmp_path):
    config = load_config("claim")
    (tmp_path / "back.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "back.toml")) == config
    assert config.converges
    plain = load_config(
        "claim",
        ["base.converge=false", "finetune.converge=false", "base.steps=700", "controls.scratch_macs=true"],
    )
    assert not plain.converges
    assert (plain.base.recipe.steps, plain.finetune.long_recipe(1e-3)) == (700, None)
    with pytest.raises(InputError, match=r"set `base\.converge\.most_steps`, or `base\.converge = false`"):
        load_config("claim", ["base.steps=700"])
