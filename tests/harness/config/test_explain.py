"""Where in a file, or on the command line, a mistake stands."""

import shlex

import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.config.messages.toml_lines import line_of

TEXT = """# a sweep
name = "mine"

[base]
steps = 10
seeds = [
    0,
    1,
]

[prune]
ratios = [0.5]
criteria = ["l1", "random"]
scopes = ["C1-C12"]

[finetune]
stepz = 3   # a slip

[measure.inner]
"quoted key" = 1
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (["name"], 2),
        (["base"], 4),
        (["base", "seeds"], 6),
        (["base", "seeds", "0"], 6),
        (["finetune", "stepz"], 17),
        (["measure", "inner", "quoted key"], 20),
        (["absent"], None),
    ],
)
def test_lines(key, line):
    assert line_of(TEXT, key) == line


def test_lines_of_several_tables_of_one_name():
    text = '[[data]]\nname = "synth"\n\n[[data]]\nname = "synth"\nseed = 1\n'
    assert line_of(text, ["data", "0", "name"]) == 2
    assert line_of(text, ["data", "1", "seed"]) == 6
    assert line_of(text, ["data", "1"]) == 4


def message_of(tmp_path, text, *overrides):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(str(tmp_path / "mine.toml"), overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_an_unknown_key_has_its_line_and_the_nearest(tmp_path):
    assert (
        message_of(tmp_path, TEXT)
        == "mine.toml, line 17: Unknown key `finetune.stepz`; did you mean `steps`?"
    )
    several = "[[data]]\n[[data]]\nsed = 1\n"
    assert (
        message_of(tmp_path, several)
        == "mine.toml, line 3: Unknown key `data.1.sed`; did you mean `seed` or `seconds`?"
    )


def test_a_bad_value_has_its_line(tmp_path):
    found = message_of(tmp_path, "[base]\nsteps = 10\nseeds = [0, -1]\n")
    assert found.startswith("mine.toml, line 3: Entry 2 of `base.seeds` must ")


def test_contradictory_keys_have_the_line_of_the_first_that_stands_in_the_file(tmp_path):
    found = message_of(tmp_path, '[prune]\nscopes = ["C1-C12"]\n')
    assert found.startswith("mine.toml, line 2: ")
    assert "so a part of `prune.scopes` must lie in C7–C12" in found


def test_an_override_is_named_and_not_the_file(tmp_path):
    found = message_of(tmp_path, "[base]\nsteps = 10\n", "base.steps=-3")
    assert found.startswith("--set base.steps=-3: `base.steps` must ")


def test_unknown_names_end_in_one_mark_and_are_named_once(tmp_path):
    near = message_of(tmp_path, "", "prune.criteria=['operater_norm','random']")
    assert "Unknown pruner `operater_norm`; did you mean `operator_norm` or " in near
    assert near.endswith("`?")
    far = message_of(tmp_path, "", "data.name=zzz")
    assert "Unknown data set `zzz`; valid: `synth`, " in far
    assert far.endswith("`.")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["claim=true", "prune.seeds=[0, 1]"], "needs at least 3 seeds of the control `random`"),
        (["prune.target_macs=1.5"], "Entry 1 of `prune.target_macs` must be less than 1. Found 1.5"),
        (["prune.convention=frontend"], "`prune.convention` must be `backbone` or `with_frontend`"),
        (["prune.allocations=globl"], "Unknown allocation `globl`; did you mean `global`"),
        (["prune.allocations=same_as:l3"], "Unknown pruner `l3`; did you mean"),
        (["finetune.schedules=iterative"], "write `iterative.rounds=3.`"),
        (["finetune.schedules=iterative[rounds=2]", "finetune.scopes=none"], "must not contain `none`"),
        (
            ["finetune.schedules=iterative[rounds=9]", "finetune.steps=8"],
            "so each round needs at least one step",
        ),
        (["finetune.schedules=soft", "finetune.steps=8"], "write `soft.every=10.`"),
        (
            ["finetune.schedules=soft[every=8]", "finetune.steps=8"],
            "so `finetune.steps` must be larger than `every`. Found `fi",
        ),
        (
            ["finetune.schedules=soft[every=2]", "prune.criteria=['random', 'variance[fold=True]']"],
            "criterion `variance.fold=true.` replaces them by constants: leave out the schedule or the criterion",
        ),
        (
            ["finetune.schedules=progressive[rounds=9]", "finetune.steps=8"],
            "so each round needs at least one step",
        ),
        (
            ["finetune.schedules=progressive[rounds=2]", "finetune.scopes=none"],
            "masks filters during fine-tuning, so `finetune.scopes` must not contain `none`",
        ),
        (
            [
                "finetune.schedules=soft[every=2]",
                "finetune.scopes=all",
                "finetune.converge=false",
                "finetune.at_scale.device=cpu",
            ],
            "which training at full size cannot do: leave out the schedule, or `finetune.at_scale`",
        ),
        (["model.checkpoint=x.pth", "controls.scratch=true"], "not known for `model.checkpoint`"),
        (
            ["model.checkpoint=x.pth", "controls.scratch=false", "controls.scratch_macs=true"],
            "`controls.scratch_macs` needs the number of steps that the base model was trained for, which is not known",
        ),
        (["prune.ratios=[50]"], "contains the unpruned model anyway. Found 50.0: for 50 %, give 0.5."),
        (
            ["prune.ratios.more=3"],
            "`prune.ratios` is a value and has no keys. To change it, write `--set prune.ratios=…`",
        ),
        (["model.checkpoint=x.pth", "base.mixup=1.0"], "trains on cached embeddings"),
        (["model.checkpoint=x.pth", "model.width=0.5"], "leave one out"),
        (["data=[{name='synth'}, {name='synth'}]"], "Found `synth` twice"),
        (["model=[{checkpoint='a.pth'}, {checkpoint='a.pth'}]"], "Found `cnn14` twice: leave one out"),
    ],
)
def test_what_cannot_be_is_said(overrides, message):
    with pytest.raises(InputError, match=message):
        load_config("claim", overrides)


def test_several_data_sets(tmp_path):
    config = load_config("quick", ["data=[{name='synth'}, {name='synth', seed=1}]", "data.1.snr_min_db=0"])
    assert [options.label for options in config.data] == ["synth", "synth snr_min_db=0.0 seed=1"]
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == config
    assert "[data]" in load_config("quick").to_toml()
    with pytest.raises(InputError, match=r"`data` is a list of 2 tables.*write `data.0.seed`"):
        load_config("quick", ["data=[{}, {seed=1}]", "data.seed=3"])


def test_targets_alone_need_no_ratio(tmp_path):
    (tmp_path / "mine.toml").write_text("[prune]\ntarget_macs = 0.7\n")
    prune = load_config(str(tmp_path / "mine.toml")).prune
    assert (prune.ratios, prune.target_macs) == ((), (0.7,))
    assert load_config("quick", ["prune.target_macs=0.7"]).prune.ratios == (0.25, 0.5, 0.75)


@pytest.mark.parametrize("override", ["data.name=esc11", 'data.name="esc11"', "data.mix=9"])
def test_a_mistake_of_a_whole_table_is_placed_at_the_override_that_made_it(tmp_path, override):
    text = 'name = "mine"\n[data]\nname = "synth"\n'
    assert message_of(tmp_path, text, "base.steps=3", override).startswith(f"--set {override}: ")


def test_a_mistake_of_a_whole_table_in_the_file_is_placed_there(tmp_path):
    text = 'name = "mine"\n[data]\nname = "esc11"\n'
    assert message_of(tmp_path, text, "data.seed=3").startswith("mine.toml, line ")


@pytest.mark.parametrize("override", ["data.1.seed=3", "data.0.seed=3"])
@pytest.mark.parametrize("source", ["", "[data]\nseed = 1\n"])
def test_a_number_of_the_one_data_set_is_answered_with_its_key(tmp_path, source, override):
    found = message_of(tmp_path, source, override)
    assert "the configuration has a single table `[data]`. Write" in found
    assert found.endswith(". Write `data.seed=3`, or define several tables `[[data]]` in a file.")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("base.seeds=[]", "`base.seeds` must not be empty. Found []: give at least one."),
        ("data=[]", "`data` must not be empty. Found []: give at least one."),
        ("prune=3", "`prune` must be a table. Found 3: set its keys one by one, `prune.KEY = VALUE`."),
        ("data=synth", '`data` must be a table. Found "synth": set its keys one by one, `data.KEY = VALUE`.'),
        (
            "base.at_scale=[]",
            "`base.at_scale` must be a table. Found []: set its keys one by one, `base.at_scale.KEY = VALUE`.",
        ),
        (
            "name=a b",
            '`name` may contain only letters, digits, `.`, `_` and `-`, and must not begin with `.`. Found "a b": '
            "give another name.",
        ),
    ],
)
def test_what_must_hold_is_said_in_a_users_words(tmp_path, override, message):
    assert message_of(tmp_path, "", override) == f"--set {override}: {message}"


def test_the_sentence_on_letters_and_digits_is_that_of_the_one_pattern(tmp_path):
    def patterns(node):
        if isinstance(node, dict):
            own = [node["pattern"]] if isinstance(node.get("pattern"), str) else []
            return own + [found for inner in node.values() for found in patterns(inner)]
        return [found for inner in node for found in patterns(inner)] if isinstance(node, list) else []

    assert patterns(Config.model_json_schema()) == [r"^[\w-][\w.-]*$"]
    for name in ("-a", "_", "ä.1", "a.b-c_d"):
        assert load_config("quick", [f"name={name!r}"]).name == name
    for name in (".a", "a/b", ""):
        assert "`name` may contain only letters" in message_of(tmp_path, "", f"name={name!r}")


@pytest.mark.parametrize(
    ("override", "written"),
    [
        ("prune.criteria=l1,random", """'prune.criteria=["l1", "random"]'"""),
        (
            "prune.criteria=[l1,random]",
            """'prune.criteria=["l1", "random"]'""",
        ),  # a shell took the quotes away
        (
            "prune.criteria=random,chip[a=1,b=2]",
            """'prune.criteria=["random", "chip[a=1,b=2]"]'""",
        ),
        ("prune.ratios=0.25,0.5", "'prune.ratios=[0.25, 0.5]'"),
        ("base.seeds=0,1", "'base.seeds=[0, 1]'"),
        ("finetune.scopes=tail,all", """'finetune.scopes=["tail", "all"]'"""),
        ("prune.allocations=uniform,global", """'prune.allocations=["uniform", "global"]'"""),
        ("prune.scopes=[C1-C12,C13]", """'prune.scopes=["C1-C12", "C13"]'"""),
    ],
)
def test_several_values_without_brackets_or_quotes_are_shown_as_a_list(override, written):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert str(caught.value).endswith(f" Several values are a list: write `--set {written}`.")


@pytest.mark.parametrize(
    "override",
    [
        "prune.criteria=l3",
        "prune.criteria=l1[a=1,b=2]",
        "prune.criteria=['l1','l3']",
        "prune.scopes=C1,C13",  # a comma joins the groups of one scope
        "prune.divisor=1,2",
        "data.seed=1,2",
        "data=[synth,esc10]",
    ],
)
def test_no_list_is_shown_where_none_is_taken_or_meant(override):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert "Several values" not in str(caught.value)


def test_the_list_that_is_shown_is_read():
    with pytest.raises(InputError) as caught:
        load_config("quick", ["prune.criteria=l1,random"])
    *_, written = shlex.split(str(caught.value).rpartition("`--set ")[2].removesuffix("`."))
    assert load_config("quick", [written]).prune.criteria == ("l1", "random")


def test_what_fine_tuning_must_be_set_to_is_named_by_its_key():
    with pytest.raises(InputError, match=r"Found C1-C6: add one, or set `finetune\.scopes` to `all`"):
        load_config("quick", ["prune.scopes=['C1-C6']"])
