"""A wrong value is shown in the words of TOML, with the key that a user wrote, and blamed for its own mistake."""

import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import load_config


def refusal(folder, text):
    (folder / "mine.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(str(folder / "mine.toml"))
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("base.seeds=[0, true]", "Entry 2 of `base.seeds` must be a whole number. Found true."),
        ("prune.ratios=[0.5, true]", "Entry 2 of `prune.ratios` must be a number. Found true."),
        ("prune.divisor=true", "`prune.divisor` must be a whole number. Found true."),
        ("threads=false", "`threads` must be a whole number. Found false."),
        ("data.seed=true", "`data.seed` must be a whole number. Found true."),
        ("data=[{seed=1}, {seed=true}]", "`data.1.seed` must be a whole number. Found true."),
        ("finetune.mixup=true", "`finetune.mixup` must be a number. Found true."),
        ("prune.limits=[{macs=true}]", "Entry 1 of `prune.limits`: `macs` must be a number. Found true."),
        ("prune.limits.macs=true", "`prune.limits.macs` must be a number. Found true."),
        (
            "finetune.converge.patience=true",
            "`finetune.converge.patience` must be a whole number. Found true.",
        ),
    ],
)
def test_a_truth_value_is_no_number(override, message):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert str(caught.value) == f"--set {override}: {message}"


def test_a_truth_value_is_kept_where_it_may_be_one():
    config = load_config("quick", ["quantise=true", "finetune.converge=false", "controls.scratch=true"])
    assert (config.quantise.method, config.finetune.converge, config.controls.scratch) == (
        "minmax",
        None,
        True,
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("prune.convention=true", "`backbone` or `with_frontend`. Found true."),
        ("claim=maybe", '`true` or `false`. Found "maybe".'),
        ("base.steps={x=3, y='a'}", 'a whole number. Found {x = 3, y = "a"}.'),
        ("base.steps=2020-01-01", "a whole number. Found 2020-01-01."),
        ("quantise=[true]", "Found [true]: set its keys"),
        ("name=é ä", 'Found "é ä": give another name.'),
        (
            "base.seeds=9999999999999999999",
            "must be less than 9223372036854775808. Found 9999999999999999999.",
        ),
    ],
)
def test_what_was_found_is_shown_as_toml_writes_it(override, message):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("prune.limits=[{mac=1}]", "Entry 1 of `prune.limits`: Unknown key `mac`; did you mean `macs`?"),
        (
            "prune.limits=[{macs=1}, {macs='x'}]",
            'Entry 2 of `prune.limits`: `macs` must be a number. Found "x".',
        ),
        ("prune.limits.macs=-1", "Entry 1 of `prune.limits`: A limit must be a number above 0. Found"),
        ("prune.limits.precision=3", "Entry 1 of `prune.limits`: `precision` must be text. Found 3"),
        ("data=[{}, 3]", "Entry 2 of `data` must be a table. Found 3: write it as `{KEY = VALUE}`."),
    ],
)
def test_what_an_entry_of_a_list_holds_is_named_with_the_number_of_the_entry(override, message):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert str(caught.value).startswith(f"--set {override}: {message}")


@pytest.mark.parametrize(
    "override",
    [
        "prune.criteria=" + "x" * 3000,
        "prune.criteria=" + "x," * 3000,
        "prune.criteria=" + "['x', " * 3000,
        "prune.scopes=" + "x" * 3000,
        "base.steps=" + "x" * 3000,
        "prune.seeds=" + str([*range(3000)]) + "x",
        "nosuch=" + "x" * 3000,
        "base." + "x" * 3000 + "=1",
        "x" * 3000 + "=1",
        "x" * 3000,
        "name.x=" + "x" * 3000,
        "data.0.seed=" + "x" * 3000,
        "name=" + "x\n" * 3000,
    ],
    ids=lambda override: override[:16],
)
def test_a_long_setting_is_cut(override):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    found = str(caught.value)
    assert override.partition("=")[0][:12] in found
    assert "x" * 100 not in found
    assert len(found) < 380
    assert found.endswith((".", "?"))


@pytest.mark.parametrize(
    "override", ["data.seed=1\nclaim=true", "data.seed=1\r\n[claim]", "name=a\nclaim=true", "name=\n\n"]
)
def test_one_setting_sets_one_key(override):
    key, _, _ = override.partition("=")
    with pytest.raises(InputError, match=f"`--set` sets one key, and the value of `{key}` has several lines"):
        load_config("quick", [override])


def test_one_value_of_several_lines_is_one_value():
    assert load_config("quick", ["prune.ratios=[\n0.5, # half\n0.25]"]).prune.ratios == (0.5, 0.25)
    assert load_config("quick", {"prune.sensitivity": "a\nb"}).prune.sensitivity.endswith("/a\nb")


def test_a_long_value_is_cut(tmp_path):
    found = refusal(tmp_path, f"[base]\nsteps = {list(range(1000))}\n")
    assert found.startswith("mine.toml, line 2: `base.steps` must be a whole number. Found [0, 1, 2, ")
    assert found.endswith(" … (1,000 entries).")
    assert len(found) < 170
    assert len(refusal(tmp_path, f'[base]\nsteps = "{"x" * 5000}"\n')) < 160


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "prune.limits=3",
            "Entry 1 of `prune.limits` must be a table. Found 3: write it as `{KEY = VALUE}`.",
        ),
        ("prune.limits=[{}]", "Entry 1 of `prune.limits`: No limit is given."),
        ("base.steps=5", "`base.steps` cannot change"),
        ("prune.ratios=[]", "the sweep has no budget point"),
        ("model=[{}, {}]", "`model` must contain networks with different labels"),
        ("prune.files=['nosuch.py']", "`prune.files`: There is no file `nosuch.py`: give a Python file"),
    ],
)
def test_the_key_is_named_once_as_the_user_wrote_it(override, message):
    with pytest.raises(InputError) as caught:
        load_config("quick", [override])
    assert str(caught.value).startswith(f"--set {override}: {message}")
    assert "Found ['" not in str(caught.value)


@pytest.mark.parametrize("key", ["base..steps", ".", ".steps", "base."])
def test_a_key_has_a_name_on_both_sides_of_a_dot(key):
    with pytest.raises(InputError, match=f"before and after each dot. Found `{key}`"):
        load_config("quick", [f"{key}=3"])


@pytest.mark.parametrize("key", ["measure.seconds", "measure.budget_s", "measure.precision"])
@pytest.mark.parametrize("value", ["inf", "nan"])
def test_a_measurement_has_an_end(key, value):
    with pytest.raises(InputError, match=f"`{key}` must be finite. Found {value}."):
        load_config("quick", [f"{key}={value}"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "finetune={steps=5}",
            "remove `finetune.scopes`, .* and others: set single keys instead, with `--set finetune.steps=",
        ),
        ("data={}", "remove `data.name`: set single keys instead, with `--set data.KEY="),
    ],
)
def test_a_table_does_not_replace_one_with_more_keys(override, message):
    with pytest.raises(InputError, match=message):
        load_config("quick", [override])


def test_a_table_does_not_replace_several():
    several = "data=[{name='synth'}, {name='synth', seed=1}]"
    with pytest.raises(InputError, match=r"remove 2 tables `\[\[data\]\]`.*with `--set data\.0\.seed=…`"):
        load_config("quick", [several, "data={seed=3}"])
    assert len(load_config("quick", [several, "data={name='synth', seed=3}"]).data_sets()) == 1
    models = "model=[{width=0.125}, {network='cnn6', width=0.125}]"
    assert [model.label for model in load_config("quick", [models, "model={width=0.125}"]).model] == ["cnn14"]
    with pytest.raises(InputError, match=r"remove 2 tables `\[\[model\]\]`.*with `--set model\.0\.width=…`"):
        load_config("quick", [models, "model={width=0.25}"])


def test_a_table_takes_the_place_of_one_of_several():
    """It was told to select one by its number, which it does."""
    several = "data=[{name='synth'}, {name='synth', seed=1}]"
    config = load_config("quick", [several, "data.1={name='synth', seed=4}"])
    assert [data.seed for data in config.data_sets()] == [0, 4]
    with pytest.raises(
        InputError, match=r"remove `data\.1\.seed`: set single keys .*`--set data\.1\.name=…`"
    ):
        load_config("quick", [several, "data.1={name='synth'}"])
    limits = ["prune.ratios=[]", "prune.limits=[{macs=0.5, parameters=0.5}]", "prune.limits.0={macs=0.7}"]
    changed = ["prune.ratios=[]", "prune.limits=[{macs=0.7}]"]
    assert load_config("quick", limits).prune.limits == load_config("quick", changed).prune.limits


def test_a_map_of_names_takes_the_place_of_another():
    first = ["data.name=esc10", "data.root=x", "data.class_map={dog='Dog', rain='Rain'}"]
    config = load_config("quick", ["base.pretrained=false", *first, "data.class_map={dog='Bark'}"])
    assert [data.class_map for data in config.data] == [{"dog": "Bark"}]


def test_a_table_of_another_data_set_or_of_limits_takes_the_place():
    recorded = ["base.pretrained=false", "data.name=esc10", "data.root=x"]
    config = load_config("quick", [*recorded, "data={name='synth'}"])
    assert [data.name for data in config.data_sets()] == ["synth"]
    targets = ["prune.ratios=[]", "prune.limits={macs=0.5, parameters=0.5}", "prune.limits={macs=0.5}"]
    assert load_config("quick", targets).prune.limits == load_config("quick", targets[::2]).prune.limits
    one = ["prune.ratios=[]", "prune.limits=[{macs=0.5, parameters=0.5}]", "prune.limits.0.macs=0.7"]
    changed = ["prune.ratios=[]", "prune.limits=[{macs=0.7, parameters=0.5}]"]
    assert load_config("quick", one).prune.limits == load_config("quick", changed).prune.limits
    with pytest.raises(
        InputError, match=r"of 1 table, which `0` selects\. .*: write `prune\.limits\.0\.macs`"
    ):
        load_config("quick", [*one[:2], "prune.limits.macs=0.7"])


def test_a_table_that_names_every_key_takes_the_place():
    given = ["base.pretrained=false", "data={name='synth', seed=3}"]
    assert [data.seed for data in load_config("quick", given).data_sets()] == [3]


def test_one_backend_needs_no_brackets():
    assert load_config("quick", ["measure.backends=onnxruntime"]).measure.backends == ("onnxruntime",)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["data.snr_max_db=9", "data.seconds=0.1"],
            "--set data.seconds=0.1: `data.seconds` must be a number from",
        ),
        (
            ["data.root=x", "data.name=synth"],
            "--set data.root=x: `data.root` is only for data sets of recordings",
        ),
        (
            ["data.class_map={a=1}"],
            "--set data.class_map={a=1}: `data.class_map` must give, for each class of the data set, the name of a "
            "class of the model",
        ),
        (["data.files=['x.py']"], "--set data.files=['x.py']: `data.files` names Python files"),
        (["data.test_fold=some"], "--set data.test_fold=some: `data.test_fold` must be a whole number"),
        (["claim=true", "prune.seeds=[1]"], "--set claim=true: `claim = true` needs at least 3 seeds"),
        (
            ["finetune.steps=1e30"],
            "--set finetune.steps=1e30: `finetune.steps` must be a smaller whole number",
        ),
        (
            ["finetune.scopes=all", "base.pretrained=false", "base.at_scale.devices=9999"],
            "--set base.at_scale.devices=9999: `base.at_scale.devices`: ",
        ),
        # No key of these sentences was set, so the setting without which they are not true is named.
        (['prune.allocations=["latency"]'], '--set prune.allocations=["latency"]: `prune.allocations` with'),
        (
            ["base.pretrained=false", "prune.seeds=" + str([*range(10**5)]), "data.seed=1"],
            "--set prune.seeds=[0, 1, 2,",
        ),
        (["data.seed=1", "prune.limits.macs=-1", "data.mix=0"], "--set prune.limits.macs=-1: Entry 1"),
    ],
)
def test_a_setting_is_blamed_for_its_own_mistake(overrides, message):
    with pytest.raises(InputError) as caught:
        load_config("quick", overrides)
    assert str(caught.value).startswith(message)


def test_a_setting_is_not_blamed_for_a_mistake_of_the_file(tmp_path):
    (tmp_path / "mine.toml").write_text('[prune]\nallocations = ["latency"]\n')
    with pytest.raises(
        InputError, match=r"mine\.toml, line 2: `prune\.allocations` with `latency` works only"
    ):
        load_config(str(tmp_path / "mine.toml"), ["data.seed=1", "name=a"])
