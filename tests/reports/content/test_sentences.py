"""The summary in words, and what it says is missing."""

import dataclasses
import json
import math
import re

from prunebench.reports import make_report


def text_of(report):
    """All sentences, with ordinary spaces."""
    return "\n".join(s for said in report.sentences.values() for s in said).replace("\u00a0", " ")


def test_what_was_not_measured_is_said_with_the_reason(maker):
    maker.grid(criteria={"l1": 0.3}, ratios=(0.5,))
    why = {"energy_joules": "Energy needs a meter. Found none."}
    maker.records = [dataclasses.replace(r, unmeasured=why) for r in maker.records]
    said = f"Energy of {len(maker.records)} cells: Energy needs a meter. Found none."
    assert said in make_report([maker.write()]).missing
    first, *rest = maker.records
    maker.records = [dataclasses.replace(first, unmeasured={"energy_joules": "The meter is broken."}), *rest]
    said = f"Energy of {len(rest) + 1} cells, each with a reason of its own; that of the first: The meter is broken."
    assert said in make_report([maker.write()]).missing


BEGINNINGS = (
    r"The smallest differences that this run could have detected \(two-sided 5 %, power 80 %; in brackets an 80 % "
    r"interval\) are \d",
    *(rf"With {ratio} % of the filters of C7–C12 removed \(0\.\d\d of the" for ratio in (25, 50, 75)),
    r"\d of 5 criteria lies? on the Pareto frontier",
    r"\d+ of 15 points \(a criterion at a ratio\) are",
    r"Mean test mAP of n unpruned models: unpruned 0\.\d{3} \(n = 1\)",
    r"8 of 8 classes have positives",
)


def test_each_number_comes_behind_the_name_of_what_it_is(quick_report):
    (sentences,) = quick_report.sentences.values()
    for beginning in BEGINNINGS:
        assert any(re.match(beginning, text.replace("\u00a0", " ")) for text in sentences), beginning
    assert not any(re.match(r"[\d.]+ (mAP|×|is the)|[\d.]+ \[", text) for text in sentences)
    assert "are valid for this base model only; a claim needs six base models." in sentences[0]


def test_best_of_each_ratio_with_its_distance_from_random(quick_report):
    text = text_of(quick_report)
    for ratio in (0.25, 0.5, 0.75):
        rows = [r for r in quick_report.rows if r.control is None and r.ratio == ratio]
        best = max(rows, key=lambda r: r.map_mean)
        left = f"{best.macs_backbone_relative:.2f} of the backbone's MACs left"
        assert (
            f"With {100 * ratio:.0f} % of the filters of C7–C12 removed ({left}), {best.label} has the highest mean, "
            f"{best.map_mean:.3f} mAP; the difference from random is {best.difference:+.3f} ["
        ).replace("is -", "is −") in text


def test_detectable_differences_over_all_budgets_have_a_range_too(quick_report):
    ranking = next(r for r in quick_report.rankings if r.over_all)
    parts = [
        f"{size.difference:.3f} [{size.low:.3f}, {size.high:.3f}] {unit}between {whom}"
        for size, unit, whom in (
            (ranking.detectable, "mAP ", "two criteria"),
            (ranking.detectable_from_random, "", "a criterion and random"),
        )
    ]
    assert (
        "The smallest differences that the run could have detected there (two-sided 5 %, power 80 %; in brackets an 80 "
        f"% interval) are {' and '.join(parts)}." in text_of(quick_report)
    )


def test_random_is_said_to_have_the_highest_mean_where_it_has(maker):
    maker.grid(criteria={"l1": 0.9, "random": 0.1}, ratios=(0.75,))
    text = text_of(make_report([maker.write()]))
    assert re.search(
        r"removed(?: \(.*?\))?, random has the highest mean, 0\.\d{3} mAP; l1 is second \(0\.\d{3}\)\.", text
    )
    assert "0 of 1 criterion lies on the Pareto frontier" in text
    assert "random (75 %) lies on it" in text
    assert "lies on it too" not in text
    assert "l1 has the highest" not in text.split("Pareto")[0]


def test_a_winner_that_may_be_random_is_said_to_be(maker):
    for name, signal in (("l1", 1.01), ("random", 1.0)):
        for seed in (0, 1):
            maker.cell(signal=signal, noise=seed + len(name), criterion=name, ratio=0.5, finetune_seed=seed)
    report = make_report([maker.write()])
    point = "1 of 1 point (a criterion at a ratio) is not distinguishable from random at the same ratio: l1 (50 %)"
    assert point in text_of(report)
    assert re.search(
        r"l1 has the highest mean, .* mAP; the difference from random is .*, not distinguishable from zero\.",
        text_of(report),
    )


def test_controls_above_the_frontier_are_divided_by_semicolons_since_their_names_hold_commas(maker):
    maker.grid(criteria={"l1": 0.2, "random": 0.1}, ratios=(0.5,), seeds=(0,))
    maker.cell(signal=3.0, control="unpruned", scope="none")
    maker.cell(signal=2.0, control="scratch-macs", ratio=0.5)
    said = next(s for s in text_of(make_report([maker.write()])).splitlines() if "controls above it" in s)
    assert said.endswith("controls above it: unpruned; from scratch, equal MACs in all (50 %).")


def test_frontier_names_criteria_with_their_ratios_and_counts_them_without_random(quick_report):
    on = {r.label for r in quick_report.rows if r.on_frontier and r.control is None}
    assert f"{len(on)} of 5 criteria" in text_of(quick_report)
    assert "operator_norm (" in next(s for s in text_of(quick_report).splitlines() if "frontier" in s)


def test_beside_marks_that_are_not_corrected_stands_the_number_by_chance(quick_report):
    """2.5 % of 5 criteria at 3 ratios on each side."""
    text = text_of(quick_report)
    assert "of 15 points (a criterion at a ratio) are not distinguishable from random" in text
    chance = "there would be about 0.4 better and 0.4 worse by chance"
    assert f"by 95 % intervals, not corrected: if no criterion differed, {chance}" in text


def test_six_base_models_are_marked_by_a_test_that_counts_the_criteria(maker):
    maker.clips = 40
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,), bases=tuple(range(6)), seeds=(0,))
    text = text_of(make_report([maker.write()]))
    assert "by tests at 5 %, corrected for the number of criteria at a ratio (Holm)" in text
    assert "by chance" not in text


def test_classes_and_clips_are_counted(quick_report):
    assert "8 of 8 classes have positives among the 200 test clips" in text_of(quick_report)


def test_rounded_layers_are_named(maker):
    maker.cell(
        signal=1.0, criterion="l1", ratio=0.33, off_request={"C10": (0.33, 0.328), "C7": (0.33, 0.344)}
    )
    assert (
        "2 layers lost a different share than requested, because shares are rounded to whole filters: C7, C10."
        in text_of(make_report([maker.write()]))
    )


def test_a_finished_run_misses_nothing(quick_report):
    assert quick_report.missing == ()


def test_failed_cells_are_counted_and_kept(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,))
    maker.fail(cell="bad", criterion="l1", data="synth", ratio=0.75, error="it broke.\nBadly")
    report = make_report([maker.write()])
    assert report.missing == ("1 cell failed and is left out; the first with: it broke. Badly.",)
    assert [r.error for r in report.failed] == ["it broke.\nBadly"]


def test_the_first_error_is_said_and_the_different_others_are_counted(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,))
    for number, error in enumerate(("out of memory", "out of memory", None, "no such file")):
        maker.fail(cell=f"bad {number}", criterion="l1", data="synth", ratio=0.75, error=error)
    (said,) = make_report([maker.write()]).missing
    assert said == "4 cells failed and are left out; the first with: out of memory, and 2 other errors."


def test_undefined_quality_is_left_out_and_said(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,))
    spoilt = next(i for i, r in enumerate(maker.records) if r.criterion == "l1")
    maker.records[spoilt] = dataclasses.replace(
        maker.records[spoilt], stages={"fine-tuned": {"test_map": math.nan}}
    )
    report = make_report([maker.write()])
    assert "1 cell ended without a defined test mAP and is left out: l1." in report.missing
    assert next(r for r in report.rows if r.label == "l1").n == 1


def test_what_a_half_finished_run_misses(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5, finetune_scope="tail")
    maker.write()
    (maker.folder / "plan.json").write_text(json.dumps([maker.records[0].cell, "b", "c"]))
    report = make_report([maker.folder])
    missing = "\n".join(report.missing).replace("\u00a0", " ")
    for words in (
        "2 of 3 cells of quick are not finished yet",
        "No latency and no peak memory yet",
        "the control of the unpruned model is missing",
        "the control of the unpruned, fine-tuned model is missing",
        "no random control at 50 %",
    ):
        assert words in missing
    assert "is unknown: two criteria at one ratio on one base model are missing" in text_of(report)


def test_one_cell_that_is_left_is_counted_as_one(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,)).write()
    planned = [*(r.cell for r in maker.records), "b"]
    (maker.folder / "plan.json").write_text(json.dumps(planned))
    missing = make_report([maker.folder]).missing
    left = f"1 of {len(planned)} cells of quick is not finished yet; the same command resumes the run."
    assert left in [text.replace("\u00a0", " ") for text in missing]


def test_missing_scores_are_said(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.5,))
    maker.write()
    for path in (maker.folder / "scores").iterdir():
        path.unlink()
    report = make_report([maker.folder])
    assert (
        "8 of 8 cells have no per-clip test scores, so their differences have no interval." in report.missing
    )
    assert "is unknown: per-clip test scores are missing" in text_of(report)


def test_a_single_seed_is_said(maker):
    maker.grid(criteria={"l1": 0.5, "geometric_median": 0.6, "random": 0.9}, ratios=(0.5,), seeds=(0,))
    report = make_report([maker.write()])
    said = (
        "there is one base model and one fine-tuning seed, so intervals use the spread between the draws of random in "
        "place of that of a criterion."
    )
    assert any(said in sentence for sentence in report.missing)
    assert all(row.like_random is not None for row in report.rows if row.label == "l1")


def test_too_few_draws_of_random_are_said(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.25, 0.5))
    maker.records = [r for r in maker.records if (r.ratio, r.prune_seed) not in ((0.5, 1), (0.5, 2))]
    (said,) = make_report([maker.write()]).missing
    assert "random has only 1 pruning seed at 50\u00a0%; a comparison needs 3 or more" in said


def test_latency_of_some_shapes_is_said(maker):
    maker.grid(criteria={"l1": 0.5, "random": 0.9}, ratios=(0.25, 0.5))
    shapes = maker.folder / "shapes.jsonl"
    lines = [line for line in shapes.read_text().splitlines() if json.loads(line)["widths"][-1] != 128]
    shapes.write_text("".join(f"{line}\n" for line in lines))
    report = make_report([maker.write()])
    assert report.missing == (
        "2 rows (random, l1) have no latency and no peak memory yet and are missing from the figures against them.",
    )
