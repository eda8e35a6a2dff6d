"""What is shown as one point, and which controls stand beside it."""

from prunebench.reports import make_report
from prunebench.reports.points.asked import asked_of
from prunebench.reports.points.curve import curves_of
from prunebench.reports.points.point import points_of, random_at


def points(maker):
    return points_of(maker.records)


def labels(found):
    return [(p.label, p.ratio) for p in found]


def tuned(**fields):
    return {"scope": "C7-C12", "finetune_scope": "tail", "finetune_seed": 0, **fields}


def test_cells_that_removed_the_same_filters_are_one_point_under_both_names(maker):
    for name in ("l2", "l1"):
        maker.cell(signal=1.0, criterion=name, ratio=0.5, outcome="same", **tuned())
    maker.cell(signal=1.0, criterion="l1", ratio=0.25, outcome="a", **tuned())
    maker.cell(signal=1.0, criterion="l2", ratio=0.25, outcome="b", **tuned())
    found = points(maker)
    assert labels(found) == [("l1", 0.25), ("l2", 0.25), ("l1 = l2", 0.5)]
    assert [p.n for p in found] == [1, 1, 1]


def test_criteria_that_agree_in_one_seed_only_stay_apart(maker):
    for name, second in (("l1", "x"), ("l2", "y")):
        maker.cell(signal=1.0, criterion=name, ratio=0.5, outcome="same", **tuned())
        maker.cell(signal=1.0, criterion=name, ratio=0.5, outcome=second, **tuned(finetune_seed=1))
    assert labels(points(maker)) == [("l1", 0.5), ("l2", 0.5)]


def test_criteria_that_agree_everywhere_are_one_curve(maker):
    for ratio in (0.25, 0.5):
        for name in ("l1", "l2", "taylor"):
            outcome = f"{'taylor' if name == 'taylor' else 'norm'}{ratio}"
            maker.cell(signal=1.0, criterion=name, ratio=ratio, outcome=outcome, **tuned())
    found = points(maker)
    curves = curves_of(found, found[0].panel)
    assert [(curve.label, len(curve.points)) for curve in curves] == [("l1 = l2", 2), ("taylor", 2)]


def test_curves_part_where_criteria_part(maker):
    for ratio, outcomes in ((0.25, ("p", "p")), (0.5, ("q", "r"))):
        for name, outcome in zip(("l1", "l2"), outcomes, strict=True):
            maker.cell(signal=1.0, criterion=name, ratio=ratio, outcome=outcome, **tuned())
    found = points(maker)
    curves = curves_of(found, found[0].panel)
    assert [(curve.label, [p.ratio for p in curve.points]) for curve in curves] == [
        ("l1", [0.25, 0.5]),
        ("l2", [0.25, 0.5]),
    ]


def test_released_code_carries_a_dagger(maker):
    maker.cell(signal=1.0, criterion="operator_norm_released", released=True, ratio=0.5, **tuned())
    assert labels(points(maker)) == [("operator_norm_released†", 0.5)]


def test_an_own_rate_that_is_the_shared_one_is_not_shown_twice(maker):
    for rate in ("shared", "own"):
        maker.cell(signal=1.0, control="unpruned-fine-tuned", rate_choice=rate, outcome="o", **tuned())
    assert labels(points(maker)) == [("unpruned, fine-tuned", 0.0)]


def test_an_own_rate_that_is_another_is_shown(maker):
    for rate in ("shared", "own"):
        maker.cell(signal=1.0, control="unpruned-fine-tuned", rate_choice=rate, outcome=rate, **tuned())
    assert [label for label, _ in labels(points(maker))] == [
        "unpruned, fine-tuned",
        "unpruned, fine-tuned (own rate)",
    ]


def test_controls_stand_in_every_panel_they_can_be_held_against(maker):
    maker.cell(signal=1.0, control="unpruned", scope="none")
    for scope, finetune in (("C7-C12", "tail"), ("C7-C12", "all"), ("C1-C12", "all")):
        fields = {"scope": scope, "finetune_scope": finetune}
        maker.cell(signal=1.0, criterion="l1", ratio=0.5, **fields)
        maker.cell(signal=1.0, control="unpruned-fine-tuned", **fields)
        maker.cell(signal=1.0, control="reversed", criterion="l1", ratio=0.5, **fields)
    for scope in ("C7-C12", "C1-C12"):
        maker.cell(signal=1.0, control="scratch", scope=scope, ratio=0.5)
    found = points(maker)
    assert len({p.panel for p in found}) == 3
    for panel in {p.panel for p in found}:
        own = [p for p in found if p.panel == panel]
        expected = ["unpruned", "unpruned, fine-tuned", "l1", "l1, reversed", "trained from scratch"]
        assert [p.label for p in own] == expected
        for p in own:
            assert p.n == 1
            assert p.control == "unpruned" or {r.scope for r in p.records} == {panel.scope}


def test_a_data_set_with_controls_alone_has_a_panel(maker):
    maker.cell(signal=1.0, control="unpruned", scope="none", data="synth")
    maker.cell(signal=1.0, criterion="l1", ratio=0.5, data="esc10", **tuned())
    assert {(p.panel.data, p.label) for p in points(maker)} == {("synth", "unpruned"), ("esc10", "l1")}


def test_two_architectures_are_never_averaged(maker):
    small, large = (4,) * 12, (8,) * 12
    for base, widths in (("small", small), ("large", large)):
        maker.cell(signal=1.0, control="unpruned", scope="none", base=base, widths=widths)
        maker.cell(signal=1.0, criterion="l1", ratio=0.5, base=base, **tuned())
    found = points(maker)
    assert {p.panel.base_widths for p in found} == {small, large}
    assert all(p.n == 1 for p in found)
    assert len({p.panel.title for p in found}) == 2


def test_architectures_with_the_same_ends_have_sentences_overlays_and_rows_of_their_own(maker):
    groups = tuple(f"C{i}" for i in range(1, 13))
    ends = {"small": (64,) * 11 + (2048,), "large": (64,) * 10 + (128, 2048), "wide": (32,) * 11 + (2048,)}
    other = {"network": "other", "base": "other", "groups": groups, "widths": (3,) * 12}
    for base, widths in ends.items():
        signal = 1.0 + len(base) / 10
        at = {"base": base, "groups": groups, **tuned(), "scope": "C7-C12"}
        maker.cell(signal=signal, control="unpruned", scope="none", base=base, widths=widths, groups=groups)
        for name in ("l1", "random"):
            maker.cell(signal=signal, criterion=name, ratio=0.5, widths=(3,) * 12, **at)
    maker.cell(signal=1.0, control="unpruned", scope="none", **other)
    maker.cell(signal=1.0, criterion="l1", ratio=0.5, **tuned(), **other)
    report = make_report([maker.write()])
    panels = {p.panel: p.panel.title for p in report.points}
    assert len(set(panels.values())) == len(panels) == 4
    assert {title.split("base widths ")[1] for title in panels.values() if "widths" in title} == {
        "64–2048 (C11 64)",
        "64–2048 (C11 128)",
        "32–2048",
    }
    assert set(report.sentences) == set(report.controls) == set(panels.values())
    (overlay,) = report.findings.networks and {overlay for overlay, _ in report.findings.networks}
    assert set(overlay.panels) == set(panels)
    assert len({(row.panel.place, row.label, row.ratio) for row in report.rows}) == len(report.rows)


def test_base_models_weigh_alike_however_many_cells_they_have(maker):
    for base, seeds in ((0, (0,)), (1, (0, 1, 2))):
        for seed in seeds:
            maker.cell(
                signal=1.0 + base,
                criterion="l1",
                ratio=0.5,
                base_seed=base,
                noise=seed,
                **tuned(finetune_seed=seed),
            )
    (point,) = points(maker)
    first, *others = point.maps
    assert abs(point.mean_map - (first + sum(others) / 3) / 2) < 1e-12


def test_random_is_found_at_its_ratio(maker):
    maker.grid(criteria={"random": 0.8, "l1": 0.4}, ratios=(0.25, 0.5), latency=False)
    found = points(maker)
    assert random_at(found, found[0].panel, (0.5, "", 0.0)).ratio == 0.5
    assert random_at(found, found[0].panel, (0.4, "", 0.0)) is None


TWO_COSTS = [{"budget": "parameters", "target": 0.5}, {"budget": "file_bytes", "target": 0.5}, {}]


def test_budgets_that_come_to_one_uniform_ratio_are_one_point_under_uniform_alone(maker):
    for number, budget in enumerate(TWO_COSTS):
        for name in ("l1", "random"):
            maker.cell(
                signal=1.0,
                criterion=name,
                ratio=0.5,
                outcome=name,
                cell=f"u{number}{name}",
                **tuned(**budget),
            )
            maker.cell(
                signal=1.0 - number / 9, criterion=name, ratio=0.5, allocation="global", **tuned(**budget)
            )
    found = points(maker)
    uniform = [p for p in found if p.panel.allocation == "uniform"]
    assert [(p.label, p.n) for p in uniform] == [("random", 1), ("l1", 1)]
    asked = [("file_bytes", 0.5), ("parameters", 0.5), ("ratio", 0.5)]
    assert [(a.kind, a.amount) for a in asked_of(uniform[1])] == asked
    others = [p for p in found if p.panel.allocation == "global"]
    assert sorted((p.label, p.n, *p.budgets) for p in others) == sorted(
        (name, 1, budget) for name in ("l1", "random") for budget in asked
    )
    assert len({p.place for p in others}) == 3
