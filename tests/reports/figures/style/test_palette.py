"""Colours and markers: one look per criterion, in every figure and every run."""

import re

from hypothesis import given
from hypothesis import strategies as st
from matplotlib.markers import MarkerStyle

from prunebench.baselines.peers.peer_registry import PEERS
from prunebench.pruners.registry import BUILTIN
from prunebench.reports.figures.style.palette import KNOWN, dash_of, face_of, look_of, looks_apart
from prunebench.reports.points.order import ORDER, order

GOLDEN = {"mine": ("#AA4499", ">"), "tp:lamp": ("#332288", "<"), "l1[p=2]": ("#332288", ">")}


def test_known_criteria_all_look_different():
    assert len(set(KNOWN.values())) == len(KNOWN)


@given(st.text("abl1_[]=é", max_size=12).filter(lambda name: name not in KNOWN))
def test_a_plug_in_never_looks_like_a_known_criterion(name):
    look = look_of(name)
    assert look not in KNOWN.values()
    assert look == look_of(name)
    assert re.fullmatch("#[0-9A-F]{6}", look.colour)
    MarkerStyle(look.marker)


def test_a_criterion_after_a_penalty_keeps_its_colour_and_has_a_marker_of_its_own():
    for name in ("l1", "bn_scale", "random", "mine"):
        after = look_of(f"{name} after slimming[strength=0.001]")
        assert after.colour == look_of(name).colour
        assert after not in [*KNOWN.values(), look_of(name)]
        assert dash_of(f"{name} after slimming") != dash_of(name)


def test_the_look_of_a_plug_in_stays():
    """Python's own hash differs from run to run; these must not change through any edit."""
    looks = {name: (look_of(name).colour, look_of(name).marker) for name in ("mine", "tp:lamp", "l1[p=2]")}
    assert looks == GOLDEN


def test_the_order_is_the_palette_then_the_alphabet():
    names = ["zeta", "operator_norm", "alpha", "random", "l1"]
    assert sorted(names, key=order) == ["random", "l1", "operator_norm", "alpha", "zeta"]


def test_the_preset_criteria_differ_in_hue_and_in_marker():
    preset = (
        "random",
        "l1",
        "geometric_median",
        "operator_norm",
        "operator_norm_released",
        "operator_similarity",
    )
    assert len({KNOWN[name].colour for name in preset}) == len(preset)
    assert len({KNOWN[name].marker for name in preset}) == len(preset)


def test_lines_of_one_colour_differ_in_their_dashes():
    lines = [(look_of(name).colour, dash_of(name)) for name in KNOWN]
    assert len(set(lines)) == len(lines)
    assert dash_of("l1") == (0, None)
    assert dash_of("a plug-in") == (0, None)


def test_every_criterion_that_has_a_place_has_a_look_in_the_same_order():
    assert tuple(KNOWN) == ORDER


def test_colour_and_face_tell_known_criteria_apart():
    looks = [(look.colour, face_of(name)) for name, look in KNOWN.items()]
    assert len(set(looks)) == len(looks)


def test_every_criterion_of_the_registry_has_a_look_of_its_own():
    assert set(BUILTIN) <= set(KNOWN)
    names = [*BUILTIN, "variance[fold=true]", *PEERS, "mine", "mine[k=2]"]
    with looks_apart(names):
        looks = {name: look_of(name) for name in names}
    assert len(set(looks.values())) == len(names)
    assert {name: looks[name] for name in KNOWN if name in looks} == {
        n: KNOWN[n] for n in KNOWN if n in looks
    }


def test_plug_ins_of_one_hash_look_apart_and_all_others_as_ever():
    names = [f"plug-in {number}" for number in range(30)]
    alone = {name: look_of(name) for name in names}
    assert len(set(alone.values())) < len(names)  # hashes collide
    with looks_apart([*names, "l1"]):
        apart = {name: look_of(name) for name in names}
    with looks_apart([*reversed(names), "l1"]):
        assert {name: look_of(name) for name in names} == apart
    assert len(set(apart.values())) == len(names)
    assert not set(apart.values()) & set(KNOWN.values())
    assert sum(apart[name] == alone[name] for name in names) >= len(set(alone.values())) - 6
    assert {name: look_of(name) for name in names} == alone
