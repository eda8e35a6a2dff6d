"""A criterion that chose how many filters go stands at its own cost beside the others."""

from __future__ import annotations

from prunebench.baselines.regression.entries import entries_of_run, entry_name
from prunebench.reports import make_report, summary_rows
from prunebench.reports.points.curve import curves_of
from prunebench.reports.points.point import points_of, random_at

OWN = "rank1_cosine_released"


def with_own(maker, *, bases=(0,), share=0.4731):
    maker.grid(bases=bases)
    for base in bases:
        for seed in (0, 1):
            maker.cell(
                signal=1.5,
                noise=seed,
                criterion=OWN,
                released=True,
                allocation="own",
                ratio=round(share + base / 100, 4),
                base_seed=base,
                finetune_scope="tail",
                finetune_seed=seed,
            )
    maker.shapes()
    return maker


def test_it_is_one_point_of_the_panel(maker):
    points = points_of(with_own(maker, bases=(0, 1)).records)
    (panel,) = {p.panel for p in points}
    (own,) = [p for p in points if p.own_budget]
    assert own.label == f"{OWN}†"
    assert own.n == 4
    assert own.ratio == (0.4731 + 0.4831) / 2
    (curve,) = [c for c in curves_of(points, panel) if OWN in c.criteria]
    assert curve.points == (own,)
    assert random_at(points, panel, (0.5, "", 0.0)) is not None


def test_alone_it_makes_a_panel_of_its_own(maker):
    maker.cell(signal=1.0, criterion=OWN, allocation="own", ratio=0.4)
    maker.cell(signal=1.0, control="unpruned", scope="none")
    assert [p.label for p in points_of(maker.records)] == ["unpruned", OWN]


def test_its_row_is_held_against_nothing_even_where_the_share_is_a_ratio(maker):
    rows = summary_rows(with_own(maker, share=0.5).records)
    (row,) = [row for row in rows if row.own_budget]
    assert row.ratio == 0.5
    assert row.difference != row.difference
    assert row.like_random is None
    assert row.macs_backbone > 0
    assert sum(row.own_budget for row in rows) == 1


def test_the_report_says_what_it_is_and_misses_no_control(maker):
    report = make_report([with_own(maker).write()])
    (sentences,) = report.sentences.values()
    text = " ".join(sentences).replace("\u00a0", " ")
    assert f"{OWN}† chose how many filters to remove, 47.3 % of those of C7–C12" in text
    assert "with 47.3 % of the filters" not in text
    assert not [sentence for sentence in report.missing if "random control" in sentence]


def test_its_entry_in_a_baseline_does_not_hang_on_the_share(maker):
    records = with_own(maker).records
    own = [record for record in records if record.allocation == "own"]
    assert {entry_name(record) for record in own} == {f"synth/{OWN}/C7-C12/own/base 0"}
    assert f"synth/{OWN}/C7-C12/own/base 0" in entries_of_run(records)
