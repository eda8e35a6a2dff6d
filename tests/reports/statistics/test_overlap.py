"""Agreement of criteria from a run folder: shares in common counted with sets."""

import json
import math

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.reports import make_report
from prunebench.reports.figures.overlap_figure import draw_overlap
from prunebench.reports.statistics.overlap import overlaps_of


def dice(one, other):
    """Over pairs (layer, filter)."""
    a, b = ({(layer, f) for layer, filters in s.items() for f in filters} for s in (one, other))
    return 2 * len(a & b) / (len(a) + len(b))


@pytest.fixture
def run(maker):
    """Two base models, `l1` and `l2` and two draws of random, and the filters that each lost."""
    rng, removed = np.random.default_rng(3), {}
    for base in (0, 1):
        for name, draw, signal in (
            ("l1", None, 1.4),
            ("l2", None, 1.2),
            ("random", 0, 1.0),
            ("random", 1, 0.9),
        ):
            record = maker.cell(
                signal=signal, criterion=name, ratio=0.5, base_seed=base, prune_seed=draw, noise=draw or 9
            )
            lost = {
                layer: sorted(rng.choice(n, n // 2, replace=False).tolist())
                for layer, n in (("C7", 8), ("C10", 20))
            }
            removed[base, name, draw] = lost
            with (maker.folder / "removed.jsonl").open("a") as stream:
                stream.write(json.dumps({"outcome": record.outcome, "removed": lost}) + "\n")
    return maker.write(), removed


def overlap_of(folder):
    points = make_report([folder]).points
    (found,) = overlaps_of(points, points[0].panel, [folder])
    return found


def test_shares_in_common_are_those_of_sets_and_the_mean_over_base_models(run):
    folder, removed = run
    found = overlap_of(folder)
    assert found.labels == ("l1", "l2", "random")
    assert found.bases == 2
    both = np.mean([dice(removed[b, "l1", None], removed[b, "l2", None]) for b in (0, 1)])
    drawn = np.mean([dice(removed[b, "l2", None], removed[b, "random", d]) for b in (0, 1) for d in (0, 1)])
    among = np.mean([dice(removed[b, "random", 0], removed[b, "random", 1]) for b in (0, 1)])
    assert found.values[0, 1] == found.values[1, 0] == pytest.approx(both)
    assert found.values[1, 2] == pytest.approx(drawn)
    assert found.values[2, 2] == pytest.approx(among)
    assert math.isnan(found.values[0, 0])


@pytest.fixture
def rescored(maker):
    """Under a schedule that scores again, the filters that go depend on the seed of the fine-tuning."""
    rng, removed = np.random.default_rng(5), {}
    how = {"ratio": 0.5, "schedule": "iterative[rounds=3]", "finetune_scope": "tail"}
    for name, draw, signal in (("l1", None, 1.4), ("random", 0, 1.0), ("random", 1, 0.9)):
        for seed in (0, 1, 2):
            own = {"criterion": name, "prune_seed": draw, "finetune_seed": seed}
            record = maker.cell(signal=signal, noise=10 * seed + (draw or 0), **how, **own)
            lost = {"C7": sorted(rng.choice(20, 10, replace=False).tolist())}
            removed[name, draw, seed] = lost
            with (maker.folder / "removed.jsonl").open("a") as stream:
                stream.write(json.dumps({"outcome": record.outcome, "removed": lost}) + "\n")
    return maker.write(), removed


def test_every_seed_of_the_fine_tuning_counts_where_criteria_score_again(rescored):
    folder, removed = rescored
    found = overlap_of(folder)
    assert found.labels == ("l1", "random")
    own, chance = ([lost for (name, *_), lost in removed.items() if name == label] for label in found.labels)
    assert found.values[0, 1] == pytest.approx(np.mean([dice(a, b) for a in own for b in chance]))
    first, second = ([removed["random", draw, seed] for seed in range(3)] for draw in (0, 1))
    assert found.values[1, 1] == pytest.approx(np.mean([dice(a, b) for a in first for b in second]))
    assert math.isnan(found.values[0, 0]), "seeds of the fine-tuning are no draws"


def test_the_figure_writes_the_shares_and_names_the_share_by_chance(run):
    found = overlap_of(run[0])
    figure = draw_overlap([found], standing="no claim")
    assert f"{found.values[0, 1]:.2f}" in [text.get_text() for text in figure.axes[0].texts]
    assert "0.5 by chance" in figure.get_supxlabel()


def test_a_run_without_removed_filters_has_no_agreement(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), latency=False)
    points = make_report([maker.write()]).points
    assert overlaps_of(points, points[0].panel, [maker.folder]) == []
    assert draw_overlap([], standing="") is None


def test_a_broken_line_is_named(run):
    folder, _ = run
    lines = (folder / "removed.jsonl").read_text().splitlines()
    (folder / "removed.jsonl").write_text("\n".join(["{broken", *lines]) + "\n")
    with pytest.raises(InputError, match=r"removed\.jsonl"):
        overlap_of(folder)
