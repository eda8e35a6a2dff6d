"""Networks at equal cost, against slow means from the records; and what is said of them."""

import csv
import dataclasses
import io
import json
import math
from statistics import fmean

import numpy as np
import pytest

from prunebench.reports import make_report
from prunebench.reports.content.networks_said import said_networks
from prunebench.reports.points.cost_axis import MACS, PARAMETERS
from prunebench.reports.runs.loaded_run import final_map
from prunebench.reports.statistics.blocks import blocks_of
from prunebench.reports.statistics.networks_compared import pairs_of

SMALL, RESNET, MN = "mobilenet_v2[width=0.25]", "resnet22[width=0.125]", "mn[width=0.4]"


def pairs(report, quantity=MACS):
    return {
        pair.names: pair
        for (_, q), found in report.findings.networks.items()
        if q == quantity
        for pair in found
    }


def by_base(records):
    found = {}
    for record in records:
        found.setdefault(record.base_seed, []).append(final_map(record))
    return [fmean(maps) for maps in found.values()]


def cells(report, network, **fields):
    return [
        r
        for r in report.runs[0].records
        if r.network == network
        and r.rate_choice == "shared"
        and all(getattr(r, k) == v for k, v in fields.items())
    ]


def test_every_pair_of_networks_is_compared_at_both_costs(networks_report):
    names = {("cnn14", SMALL), ("cnn14", RESNET), (SMALL, RESNET)}
    assert set(pairs(networks_report)) == set(pairs(networks_report, PARAMETERS)) == names


def test_at_the_unpruned_cost_of_one_the_other_is_read_off_its_own_curves(networks_report):
    last = pairs(networks_report)["cnn14", SMALL].means[-1]
    assert last.cost == 39e6
    assert last.unpruned == (False, True)
    assert last.second == pytest.approx(
        fmean(by_base(cells(networks_report, SMALL, control="unpruned-fine-tuned")))
    )
    around = [
        fmean(
            final_map(r) for r in cells(networks_report, "cnn14", control=None, criterion=name, ratio=ratio)
        )
        for name in ("l1", "geometric_median", "operator_norm")
        for ratio in (0.5, 0.7)
    ]
    assert min(around) < last.first < max(around)
    assert last.gap > 0


def test_at_a_measured_cost_the_means_are_those_of_the_cells(networks_report):
    pair = pairs(networks_report)[SMALL, RESNET]
    cost = round(180e6 * 0.3**1.5)
    at = next(found for found in pair.single if found.cost == cost and found.criteria == ("l1",))
    own = [
        r
        for r in cells(networks_report, RESNET, criterion="l1", ratio=0.7)
        if r.measures["macs_backbone"] == cost
    ]
    assert at.second == pytest.approx(fmean(by_base(own)))
    assert at.difference.mean == pytest.approx(at.first - at.second)
    assert at.bases == (2, 2)


def test_the_mean_is_over_the_criteria_that_both_have_without_random(networks_report):
    for pair in pairs(networks_report).values():
        for mean in pair.means:
            single = [at for at in pair.single if at.cost == mean.cost and at.criteria != ("random",)]
            assert set(mean.criteria) == {name for at in single for name in at.criteria}
            assert mean.difference.mean == pytest.approx(fmean(at.difference.mean for at in single))


def test_a_criterion_that_lacks_base_models_takes_none_from_the_others(maker):
    maker.networks((0, 1, 2), others=(SMALL,))
    rare = {"criterion": "l2", "ratio": 0.8, "finetune_scope": "all", "finetune_seed": 0}
    maker.cell(signal=1.2, network=SMALL, **rare)
    maker.cell(signal=1.3, scope="C1-C12", deep=True, **rare)
    report = make_report([maker.write()])
    pair = pairs(report)["cnn14", SMALL]
    assert any("l2" in at.criteria for at in pair.single)
    assert all(at.bases == (3, 3) and "l2" not in at.criteria for at in pair.means)


def test_a_ratio_that_rounds_to_no_filter_stands_where_the_unpruned_model_does(maker):
    maker.networks((0,), others=(SMALL,))
    before = pairs(make_report([maker.write()]))["cnn14", SMALL]
    whole = next(r for r in maker.records if r.network == "cnn14" and r.control == "unpruned")
    for name in ("l1", "geometric_median", "operator_norm"):
        nothing = {"criterion": name, "ratio": 0.001, "scope": "C1-C12", "finetune_scope": "all"}
        cell = maker.cell(signal=1.8, finetune_seed=0, **nothing)
        maker.records[-1] = dataclasses.replace(cell, measures=whole.measures, widths=whole.widths)
    after = pairs(make_report([maker.write()]))["cnn14", SMALL]
    assert after.ranges == before.ranges
    assert [(at.cost, at.first, at.second) for at in after.means] == [
        (at.cost, at.first, at.second) for at in before.means
    ]


def test_no_base_model_is_shared_and_an_interval_needs_two_of_each(maker):
    maker.networks((0,), others=(SMALL,))
    report = make_report([maker.write()])
    (pair,) = pairs(report).values()
    assert all(math.isnan(at.difference.interval[0]) for at in pair.means)
    *_, how = said_networks([pair])
    assert how.endswith("there is no interval, and nothing is claimed.")
    assert "not tested" in said_networks([pair])[0]


def test_networks_without_a_cost_in_common_say_so(maker):
    maker.networks((0,), others=())
    maker.grid(scope="inner", network=MN, ratios=(0.9,), criteria={"l1": 0.2}, finetune="all", seeds=(0,))
    maker.records = [r for r in maker.records if r.network != "cnn14" or r.ratio <= 0.25]
    (pair,) = pairs(make_report([maker.write()])).values()
    assert not pair.means
    (said,) = said_networks([pair])
    assert said.startswith("mn[width=0.4] has at most 60.0 M MACs (backbone) and cnn14 at least 183 M")


def test_what_is_said_counts_the_costs_of_the_table(networks_report):
    for pair in pairs(networks_report).values():
        said = said_networks([pair])[0]
        apart = [at for at in pair.means if not at.difference.may_be_none]
        for word, held in (
            ("higher", [at for at in apart if at.difference.mean > 0]),
            ("lower", [at for at in apart if at.difference.mean < 0]),
            ("not distinguishable", [at for at in pair.means if at.difference.may_be_none]),
        ):
            assert (f"{word} at {len(held)}" in said) == bool(held)
        assert f"of {len(pair.means)} costs" in said


def test_two_base_models_claim_nothing_and_six_may(networks_report, maker):
    *_, how = said_networks(list(pairs(networks_report).values()))
    assert "independent samples (Welch)" in how
    assert how.endswith("With 2 base models of a network nothing is claimed.")
    report = make_report([maker.networks(tuple(range(6)), others=(SMALL,)).write()])
    *_, how = said_networks(list(pairs(report).values()))
    assert how.endswith("they are not corrected for the number of costs.")


def test_tables_and_page_hold_every_pair(networks_report):
    text = (networks_report.folder / "networks.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    found = [pair for pairs in networks_report.findings.networks.values() for pair in pairs]
    assert len(rows) == sum(len(pair.means) + len(pair.single) for pair in found)
    for row in rows:
        assert float(row["difference"]) == pytest.approx(float(row["map_first"]) - float(row["map_second"]))
        assert float(row["low"]) < float(row["difference"]) < float(row["high"])
    page = (networks_report.folder / "page.html").read_text("utf-8")
    assert '<h2 id="networks">Networks</h2>' in page
    summary = (networks_report.folder / "summary.md").read_text("utf-8")
    told = json.loads((networks_report.folder / "summary.json").read_text("utf-8"))["networks"]
    assert list(told) == ["synth · fine-tuning: all"]
    assert "## Networks: synth · fine-tuning: all" in summary
    assert len(told["synth · fine-tuning: all"]) == 7


def test_criteria_are_ranked_and_paired_within_a_network(networks_report):
    for ranking in networks_report.rankings:
        assert ranking.bases == 2
    families = {
        blocks.family.network: len(blocks.values) for blocks in blocks_of(networks_report.points, MACS)
    }
    assert families == {"cnn14": 2, SMALL: 2, RESNET: 2}


def test_relative_costs_are_to_the_unpruned_model_of_the_network(networks_report):
    for row in networks_report.rows:
        if row.control == "unpruned":
            assert row.macs_backbone_relative == 1
        elif row.panel.network == RESNET and row.ratio == 0.5:
            assert row.macs_backbone_relative == pytest.approx(0.5**1.5, rel=1e-6)


def test_networks_in_one_place_of_two_runs_do_not_conflict(new_maker, tmp_path):
    runs = []
    for network in (SMALL, RESNET):
        folder = tmp_path / network
        folder.mkdir()
        runs.append(
            new_maker(folder).config().grid(scope="inner", network=network, latency=False, seeds=(0,)).write()
        )
    report = make_report(runs)
    assert {panel.run for panel in (p.panel for p in report.points)} == {""}
    assert not report.compared
    assert set(pairs(report)) == {(SMALL, RESNET)}


def test_pairs_are_the_same_each_time(networks_report):
    (overlay, *_), points = {o for o, _ in networks_report.findings.networks}, networks_report.findings.points
    again = pairs_of(overlay, points, MACS, networks_report.scores)
    kept = networks_report.findings.networks[overlay, MACS]
    assert [[at.difference.interval for at in p.means] for p in again] == [
        [at.difference.interval for at in p.means] for p in kept
    ]
    assert np.isfinite([at.cost for p in kept for at in p.means]).all()
