"""Networks on one data set are panels of their own, and reports of Cnn14 alone do not speak of networks."""

import dataclasses

import pytest

from prunebench.eval.run.record import Record
from prunebench.reports.points.groups import groups_of, in_order, short_names, word_of
from prunebench.reports.points.overlay import name_of, overlays_of
from prunebench.reports.points.panel import PLACE, place_columns
from prunebench.reports.points.point import points_of

SMALL = "mobilenet_v2[width=0.25]"


def cell(network="cnn14", macs=100, **fields):
    stages = {"base": {"test_map": 0.5}, "fine-tuned": {"test_map": 0.4}}
    told = {
        "data": "toy",
        "base": f"{network} base",
        "scope": "inner",
        "widths": (8, 8),
        "groups": ("a", "b"),
    }
    told |= {"stages": stages, "measures": {"macs_backbone": macs}, "finetune_scope": "all", "ratio": 0.5}
    name = repr((network, macs, sorted(fields.items())))
    return Record(**{"cell": name, "outcome": name, "network": network, **told, **fields})


def grid(network, scope="inner", finetune="all", macs=100):
    shared = {"network": network, "macs": macs}
    return [
        cell(control="unpruned", scope="none", finetune_scope="none", ratio=0.0, **shared),
        *(cell(criterion=name, scope=scope, finetune_scope=finetune, **shared) for name in ("l1", "random")),
    ]


def test_networks_with_one_scope_are_two_panels_each_with_its_own_unpruned_model():
    points = points_of([*grid("cnn14"), *grid(SMALL)])
    assert len({p.panel for p in points}) == 2
    for point in points:
        assert {r.network for r in point.records} == {point.panel.network}
    unpruned = [p for p in points if p.control == "unpruned"]
    assert sorted(p.panel.network for p in unpruned) == ["cnn14", SMALL]
    assert all(not p.panel.base_widths for p in points), "two networks are not two sets of widths of one"


def test_titles_and_tables_name_the_network_where_one_is_not_cnn14():
    alone, several = points_of(grid("cnn14", "C7-C12")), points_of([*grid("cnn14", "C7-C12"), *grid(SMALL)])
    assert alone[0].panel.title == "toy · C7–C12 pruned · fine-tuning: all"
    assert place_columns(p.panel for p in alone) == PLACE
    titles = {p.panel.title for p in several}
    assert titles == {
        "toy · cnn14 · C7–C12 pruned · fine-tuning: all",
        f"toy · {SMALL} · inner groups pruned · fine-tuning: all",
    }
    assert place_columns(p.panel for p in several)[:3] == ("run", "data", "network")
    assert all(p.panel.place[:3] == ("", "toy", p.panel.network) for p in several)


def test_a_panel_is_the_same_whether_its_network_is_named_or_not():
    (one, *_), (other, *_) = points_of(grid("cnn14")), points_of(grid("cnn14"), named=True)
    assert one.panel == other.panel
    assert one.panel.title != other.panel.title


def test_networks_with_controls_alone_have_a_panel_and_stand_in_the_overlay():
    points = points_of([*grid("cnn14"), *grid(SMALL)[:1]])
    (overlay,) = overlays_of(points)
    assert [name_of(panel) for panel in overlay.panels] == ["cnn14", SMALL]
    assert overlay.title == "toy · fine-tuning: all"


def test_of_several_scopes_the_one_that_reaches_the_fewest_macs_stands_in_the_overlay():
    deep, shallow = grid("cnn14", "C1-C12", macs=10), grid("cnn14", "C7-C12", macs=60)
    points = points_of([*shallow, *deep, *grid(SMALL)])
    (overlay,) = overlays_of(points)
    assert [panel.scope for panel in overlay.panels] == ["C1-C12", "inner"]


def test_settings_that_no_other_network_has_stand_together_only_where_none_are_shared():
    tail, every = grid("cnn14", "C7-C12", "tail"), grid(SMALL)
    (overlay,) = overlays_of(points_of([*tail, *every]))
    assert not overlay.alike
    assert overlay.title == "toy · each with settings of its own"
    (overlay,) = overlays_of(points_of([*tail, *grid("cnn14", "C1-C12"), *every]))
    assert overlay.alike
    assert [panel.finetune_scope for panel in overlay.panels] == ["all", "all"]


def test_cnn14_alone_and_data_sets_apart_have_no_overlay():
    assert not overlays_of(points_of(grid("cnn14")))
    other = [dataclasses.replace(r, data="other") for r in grid(SMALL)]
    assert not overlays_of(points_of([*grid("cnn14"), *other]))


def test_groups_stand_in_the_order_of_their_network():
    points = points_of(grid(SMALL))
    groups = groups_of(points, points[0].panel)
    assert groups == ("a", "b")
    assert in_order({"z", "b", "a"}, groups) == ["a", "b", "z"]
    assert word_of(groups) == "group"
    assert word_of(tuple(f"C{i}" for i in range(1, 13))) == "layer"


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["C1", "C12"], ["C1", "C12"]),
        (["features.0.0", "features.3.conv.0"], ["features.0.0", "3.conv.0"]),
        (["features.4.block.2.conc_se_layers.0.fc1", "classifier.2"], ["4.2.0.fc1", "classifier.2"]),
        (["resnet.layer1.0.conv1", "conv_block1.conv1"], ["layer1.0.conv1", "conv_block1.conv1"]),
        (["left.stage.conv", "right.stage.conv"], ["left.stage.conv", "right.stage.conv"]),
        (["a1_very_long_name_of_a_module.x1", "b.y"], ["…ong_name_of_a_module.x1", "y"]),
    ],
)
def test_short_names_tell_the_groups_apart(names, short):
    found = short_names(names)
    assert found == short
    assert len(set(found)) == len(names)
