"""What the gate holds of other networks than Cnn14: names, widths by group, quality of each network by itself."""

import dataclasses
import json
from typing import Any

import pytest

from prunebench import baselines
from prunebench.baselines import (
    MODEL_ENTRY,
    Baseline,
    Figures,
    MadeWith,
    Quality,
    check,
    load_baseline,
    save_baseline,
)
from prunebench.baselines.gate.units import unchanged_bases
from prunebench.baselines.regression.entries import entries_of_run, entry_name
from prunebench.eval import InputError, Record

MN = "mn[width=0.4]"
COSTS: dict[str, Any] = {
    "parameters": 100,
    "parameter_bytes": 400,
    "macs_backbone": 5000,
    "macs_with_frontend": 6000,
}
WIDTHS = {"features.2.conv": 24, "features.10.conv": 48}
HELD = Figures(network=MN, widths=WIDTHS, **COSTS)
MADE = MadeWith("1", "prunebench baseline save")


def record(**changed: Any) -> Record:
    fields: dict[str, Any] = {"cell": "c", "outcome": "o", "criterion": "l1", "data": "synth", "base": "b"}
    fields |= {
        "network": MN,
        "scope": "inner",
        "ratio": 0.5,
        "groups": tuple(WIDTHS),
        "widths": tuple(WIDTHS.values()),
    }
    return Record(**fields | {"measures": COSTS} | changed)


def test_an_entry_names_its_network_and_its_groups() -> None:
    assert entry_name(record()) == "synth/mn[width=0.4]/l1/inner/0.5"
    (entry,) = entries_of_run([record()]).values()
    assert entry == HELD


def test_a_cell_whose_widths_have_no_names_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"the widths of its groups .* `widths`: dictionary should have at least 1"
    ):
        entries_of_run([record(widths=(24,))])


def test_networks_of_one_run_are_entries_of_their_own() -> None:
    plain = record(
        network="cnn14", groups=tuple(f"C{i}" for i in range(1, 13)), widths=(8,) * 12, scope="C7-C12"
    )
    assert sorted(entries_of_run([record(), plain])) == [
        "synth/l1/C7-C12/0.5",
        "synth/mn[width=0.4]/l1/inner/0.5",
    ]


def test_the_file_holds_network_and_groups_and_is_read_again(tmp_path) -> None:
    save_baseline({MODEL_ENTRY: HELD}, tmp_path / "b.json", MADE)
    entry = json.loads((tmp_path / "b.json").read_text())["entries"][MODEL_ENTRY]
    assert entry["network"] == MN
    assert entry["widths"] == WIDTHS
    assert load_baseline(tmp_path / "b.json").entries == {MODEL_ENTRY: HELD}


def test_a_file_of_cnn14_says_no_network(tmp_path) -> None:
    save_baseline({MODEL_ENTRY: Figures(widths=(8,) * 12, **COSTS)}, tmp_path / "b.json", MADE)
    entry = json.loads((tmp_path / "b.json").read_text())["entries"][MODEL_ENTRY]
    assert "network" not in entry
    assert entry["widths"] == [8] * 12


@pytest.mark.parametrize(
    ("network", "widths"),
    [(MN, (8,) * 12), ("cnn14", {"C1": 8}), (MN, {}), (MN, {"a": 0}), (MN, {"a": "8"}), ("", {"a": 8})],
)
def test_widths_must_be_those_of_the_network(network: str, widths: Any) -> None:
    with pytest.raises(ValueError, match=r"widths|network"):
        Figures(network=network, widths=widths, **COSTS)


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (
            lambda entry: entry.update(widths={"a": 0}),
            "`entries.model.widths.a`: input should be greater than",
        ),
        (lambda entry: entry.update(widths={}), "`entries.model.widths`: dictionary should have at least 1"),
        (
            lambda entry: entry.pop("network"),
            "`entries.model`: value error, widths of `cnn14` must be those of its 12",
        ),
    ],
)
def test_a_broken_file_names_the_place(tmp_path, edit, where) -> None:
    save_baseline({MODEL_ENTRY: HELD}, tmp_path / "b.json", MADE)
    found = json.loads((tmp_path / "b.json").read_text())
    edit(found["entries"][MODEL_ENTRY])
    (tmp_path / "b.json").write_text(json.dumps(found))
    with pytest.raises(InputError) as error:
        load_baseline(tmp_path / "b.json")
    assert where in str(error.value)


def test_groups_that_moved_are_named_in_the_order_of_the_network() -> None:
    moved = dataclasses.replace(HELD, widths={"features.2.conv": 25, "features.10.conv": 47})
    sorted_by_file = dataclasses.replace(HELD, widths=dict(sorted(WIDTHS.items())))
    (change,) = check({MODEL_ENTRY: moved}, Baseline(made_with=MADE, entries={MODEL_ENTRY: sorted_by_file}))
    assert change.as_row()[2:4] == (
        "features.2.conv=24 features.10.conv=48",
        "features.2.conv=25 features.10.conv=47",
    )
    assert change.to_json()["found"] == moved.widths


def test_the_order_of_groups_in_the_file_is_no_change() -> None:
    other = dataclasses.replace(HELD, widths=dict(reversed(WIDTHS.items())))
    assert check({MODEL_ENTRY: HELD}, Baseline(made_with=MADE, entries={MODEL_ENTRY: other})) == []


def test_groups_that_one_side_lacks_are_shown_on_the_other() -> None:
    other = dataclasses.replace(HELD, widths={"features.2.conv": 24, "new": 48})
    (change,) = check({MODEL_ENTRY: other}, Baseline(made_with=MADE, entries={MODEL_ENTRY: HELD}))
    assert change.as_row()[2:4] == ("features.10.conv=48", "new=48")


def test_a_model_of_another_network_is_one_sentence() -> None:
    held = Baseline(made_with=MADE, entries={MODEL_ENTRY: HELD})
    with pytest.raises(InputError) as error:
        check({MODEL_ENTRY: Figures(widths=(8,) * 12, **COSTS)}, held)
    assert str(error.value) == (
        "Entry `model` of the baseline belongs to a model with the network `mn[width=0.4]`. Found a model with the "
        "network `cnn14`: give a model with the network `mn[width=0.4]`, or save a new baseline of this model."
    )


def test_base_models_are_known_again_network_by_network() -> None:
    def figures(network: str, precision: float) -> Figures:
        quality = Quality("clips", {"base 0": (precision, 0.5)})
        widths: Any = WIDTHS if network == MN else (8,) * 12
        return Figures(network=network, widths=widths, quality=quality, **COSTS)

    names = {"cnn14": "synth/unpruned/none/0.0", MN: f"synth/{MN}/unpruned/none/0.0"}
    before = {name: figures(network, 0.6) for network, name in names.items()}
    after = {names["cnn14"]: figures("cnn14", 0.6), names[MN]: figures(MN, 0.61)}
    assert unchanged_bases(before, after) == {"synth": {"base 0"}, f"synth/{MN}": set()}
    assert baselines.check(before, Baseline(made_with=MADE, entries=before)) == []
