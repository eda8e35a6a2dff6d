"""Sentences, names of cells and tables say which network, and keep the order of its groups."""

import csv
import io

from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.reports import make_report, write_report
from prunebench.reports.content.ties_said import said_map_sizes
from prunebench.reports.page.page import _cell_name
from prunebench.reports.statistics.ties import map_sizes_of, ties_of

RESNET = "resnet22[width=0.125]"


def resnet(maker, **fields):
    return maker.cell(signal=1.5, network=RESNET, **fields)


def test_ties_and_map_sizes_are_in_the_order_of_the_network(maker):
    groups = resnet(maker, control="unpruned", scope="none").groups
    sizes = {group: (50, 32) if "layer" in group else (100, 64) for group in reversed(groups)}
    resnet(maker, control="unpruned", scope="none", map_sizes=sizes)
    maker.records.pop(0)
    tied = {"criterion": "l1", "ratio": 0.5, "finetune_scope": "all"}
    resnet(maker, ties=dict.fromkeys(reversed(groups), 0.2), **tied)
    points = make_report([maker.write()]).points
    panel = points[0].panel
    assert [found.layer for found in ties_of(points, panel)] == list(groups)
    assert list(map_sizes_of(points, panel)) == list(groups)
    (said,) = said_map_sizes(map_sizes_of(points, panel))
    large = "100 × 64 (conv_block1.conv1, conv_block_after1.conv1)"
    assert said.startswith(
        f"Sizes of the feature maps for a test clip: {large}, 50 × 32 (resnet.layer1.0.conv1–resnet.layer4.1.conv1). "
        "Depending on the network,"
    )


def test_sizes_that_alternate_are_counted():
    sizes = {f"g{i}": (1, 1) if i % 2 else (9, 9) for i in range(6)}
    (said,) = said_map_sizes(sizes)
    assert ": 9 × 9 (3 groups, g0 first), 1 × 1 (3 groups, g1 first). Depending" in said


def test_groups_that_lost_another_share_are_called_groups_and_a_long_list_is_cut(maker):
    groups = resnet(maker, control="unpruned", scope="none").groups
    assert len(groups) == 10
    more = tuple(f"{group}.more" for group in groups)
    off = dict.fromkeys((*groups, *more), (0.5, 0.6))
    record = resnet(maker, criterion="l1", ratio=0.5, finetune_scope="all", off_request=off)
    maker.records[-1] = type(record)(**{**vars(record), "groups": (*groups, *more), "widths": (4,) * 20})
    maker.records[0] = type(record)(
        **{**vars(maker.records[0]), "groups": (*groups, *more), "widths": (8,) * 20}
    )
    (said,) = make_report([maker.write()]).sentences.values()
    text = next(sentence for sentence in said if "are rounded" in sentence)
    assert text.startswith(
        "20 groups lost a different share than requested, because shares are rounded to whole filters: "
        "conv_block1.conv1, "
    )
    assert text.endswith("conv_block1.conv1.more, and others.")


def test_cells_that_failed_or_are_undefined_name_their_network(maker):
    resnet(maker, control="unpruned", scope="none")
    record = resnet(maker, criterion="l1", ratio=0.5, finetune_scope="all")
    nothing = {"fine-tuned": {"test_map": float("nan")}}
    maker.records[-1] = type(record)(**{**vars(record), "stages": nothing})
    assert _cell_name(record).startswith(f"l1, 50\u00a0% of inner, synth, {RESNET}, base seed 0")
    assert any(f"left out: {RESNET}, l1." in sentence for sentence in make_report([maker.write()]).missing)


def test_status_names_the_network_of_a_failed_cell(maker):
    maker.fail(cell="broken", criterion="l1", data="synth", ratio=0.5, error="boom", network=RESNET)
    maker.fail(cell="other", criterion="l1", data="synth", ratio=0.5, error="boom")
    run = maker.write()
    (run / "plan.json").write_text('["broken", "other"]')
    said = CliRunner().invoke(cli, ["status", str(run)]).output
    assert f"failed: l1 of {RESNET} at 0.5: boom" in said
    assert "failed: l1 at 0.5: boom" in said


def test_the_network_is_a_column_behind_the_data_set_in_every_table_of_such_a_run(networks_run, tmp_path):
    networks_report = write_report([networks_run], tmp_path / "tables", tables_only=True)
    for name in (
        "summary",
        "measures",
        "ranking",
        "hypervolume",
        "attainment",
        "class_changes",
        "filters_kept",
    ):
        head, *rows = csv.reader(io.StringIO((networks_report.folder / f"{name}.csv").read_text()))
        assert head[1:3] == ["data", "network"], name
        assert {row[2] for row in rows} == {"cnn14", RESNET, "mobilenet_v2[width=0.25]"}, name


def test_no_table_of_cnn14_has_that_column(quick_report):
    for path in quick_report.files:
        if path.suffix == ".csv":
            assert "network" not in path.read_text().splitlines()[0], path.name
    assert '"network"' not in (quick_report.folder / "summary.json").read_text()
    assert '"network":' not in (quick_report.folder / "page.html").read_text()


def test_the_sensitivity_table_names_the_network_where_one_is_not_cnn14(maker, tmp_path):
    group = resnet(maker, control="unpruned", scope="none").groups[3]
    resnet(maker, criterion="l1", ratio=0.5, scope=group)
    write_report([maker.write()], tmp_path / "out", tables_only=True)
    head, row = (tmp_path / "out" / "sensitivity.csv").read_text().splitlines()
    assert head.startswith("data,network,layer,criterion")
    assert row.startswith(f"synth,{RESNET},{group},l1")


def test_targets_that_multiples_miss_are_counted_with_the_farthest(maker):
    resnet(maker, control="unpruned", scope="none")
    for target, left in ((0.5, 0.52), (0.25, 0.2)):
        aimed = {"budget": "macs_backbone", "target": target, "divisor": 8}
        off = {"macs_backbone": (target, left)}
        resnet(maker, criterion="l1", ratio=target, finetune_scope="all", off_request=off, **aimed)
    (said,) = make_report([maker.write()]).sentences.values()
    assert (
        "2 cells missed the target of macs backbone, because the number of filters kept is a multiple of 8; the "
        "farthest has 20\u00a0% of that cost left instead of 25\u00a0%."
    ) in said
    assert not any("lost a different share" in sentence for sentence in said)


def test_ratios_that_multiples_miss_are_counted_as_filters_and_not_as_a_cost(maker):
    resnet(maker, control="unpruned", scope="none")
    for ratio, removed in ((0.5, 0.0), (0.25, 0.2)):
        resnet(
            maker,
            criterion="l1",
            ratio=ratio,
            finetune_scope="all",
            allocation="global",
            off_request={"ratio": (ratio, removed)},
            divisor=1024,
        )
    (said,) = make_report([maker.write()]).sentences.values()
    assert (
        "2 cells lost a different share of filters than requested, because the number kept must be a multiple of "
        "1024; the largest miss is 0\u00a0% instead of 50\u00a0%."
    ) in said
    assert not any("of that cost" in sentence for sentence in said)
