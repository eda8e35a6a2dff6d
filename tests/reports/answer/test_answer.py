"""The answer in at most three sentences is that of the tables, and right for one base model, three and six."""

import dataclasses
import re

import pytest

from prunebench.reports import make_report
from prunebench.reports.answer import answer
from prunebench.reports.answer.answer import said_answer
from prunebench.reports.answer.standing import said_standing
from prunebench.reports.answer.tried import Tried
from prunebench.reports.content import numbers

RESNET = "resnet22[width=0.125]"


def report_of(maker, **grid):
    maker.clips = 80
    maker.grid(**{"ratios": (0.25, 0.5), "criteria": {"l1": 0.45, "l2": 0.86, "random": 0.85}, **grid})
    return make_report([maker.write()])


def plain(sentences):
    return [sentence.replace("\u00a0", " ") for sentence in sentences]


def test_one_base_model_is_conditional_and_leads_are_those_of_the_table(maker):
    report = report_of(maker, bases=(0,), seeds=(0, 1))
    assert said_standing(report) == "Demonstration, no claim: 1 base model, and a claim needs 6"
    told = plain(said_answer(report))
    assert len(told) == 3
    assert told[0].startswith("On this base model, ")
    won = {
        (row.label, row.ratio): row.difference
        for row in report.rows
        if row.like_random is False and row.difference > 0
    }
    assert {label for label, _ in won} == {"l1"}
    for difference in won.values():
        assert numbers.gap(difference) in told[0]
    assert "looks better than random" in told[0]
    assert "beats" not in told[0], "the intervals of few base models are not corrected for their number"
    assert re.fullmatch(
        r"This is no claim: chance alone would make about 0\.2 of 4 comparisons look different from random\.",
        told[1],
    )
    for ratio, percent in ((0.25, "25 %"), (0.5, "50 %")):
        best = max(
            (r for r in report.rows if r.control is None and r.ratio == ratio), key=lambda row: row.map_mean
        )
        assert f"{numbers.quality(best.map_mean)} at {percent}" in told[2]
    whole = next(row.map_mean for row in report.rows if row.control == "unpruned")
    tuned = next(row.map_mean for row in report.rows if row.control == "unpruned-fine-tuned")
    assert told[2].endswith(
        f"the unpruned model has {numbers.quality(whole)}, and {numbers.quality(tuned)} fine-tuned in the same way."
    )


def test_three_base_models_give_intervals_and_no_claim(maker):
    losses = {"l1": 0.2, "l2": 0.86, "random": 0.85}
    report = report_of(maker.config(claim=True), criteria=losses, bases=(0, 1, 2))
    assert said_standing(report) == "Conditional on 3 base models, no claim: a claim needs 6"
    told = plain(said_answer(report))
    assert told[0].startswith("On these 3 base models, ")
    assert told[1].startswith("This is no claim: ")


def test_six_base_models_and_five_budgets_are_a_claim(maker):
    report = report_of(maker.config(claim=True), bases=tuple(range(6)), ratios=(0.3, 0.4, 0.5, 0.6, 0.7))
    assert said_standing(report) == (
        "6 base models, enough for a claim: differences are tested, at 5 % for all criteria together"
    )
    told = plain(said_answer(report))
    assert not told[0].startswith("On ")
    wins = [row for row in report.rows if row.like_random is False and row.difference > 0]
    assert {row.label for row in wins} == {"l1"}
    where = "at all of" if len(wins) == 5 else "at some of"
    assert told[0].startswith(f"l1 beats random {where} the 5 budgets (30 % to 70 %), 1 of 2 at none")
    ranking = next(r for r in report.rankings if r.over_all)
    also = [row.label for row in ranking.rows[1:] if row.may_be_best]
    assert told[1] == (
        "l1 is first over 5 budgets: all others score measurably lower."
        if not also
        else f"l1 has the highest mean over 5 budgets, but {' and '.join(also)} may be as good."
    )
    assert re.search(r"^l1 has the highest mean test mAP: 0\.\d{3} at 30 % and 0\.\d{3} at 70 %;", told[2])


def test_who_beats_random_on_average_only_is_said_in_place_of_what_may_go_unnoticed(maker):
    ratios = (0.3, 0.4, 0.5, 0.6, 0.7)
    report = report_of(
        maker.config(claim=True), bases=tuple(range(6)), ratios=ratios, criteria={"l1": 0.85, "random": 0.85}
    )
    told = plain(said_answer(report))
    assert told[0].startswith("No criterion measurably beats random at any of the 5 budgets")
    assert told[1].startswith("A lead of less than ")

    def ahead(row):
        return row if row.is_random else dataclasses.replace(row, from_random=0.0051, like_random=False)

    vars(report.findings)["rankings"] = [
        dataclasses.replace(r, rows=tuple(map(ahead, r.rows))) if r.over_all else r for r in report.rankings
    ]
    told = plain(said_answer(report))
    assert told[1] == "On average over all 5 budgets, l1 (+0.005 mAP) beats random."
    assert len(told) == 3


def test_clips_that_are_too_easy_are_named_in_place_of_what_may_go_unnoticed(maker):
    report = report_of(maker, criteria={"l1": 0.85, "random": 0.85})
    assert plain(said_answer(report))[1].startswith("A lead of less than ")
    points = [
        dataclasses.replace(p, records=tuple(perfect(r) for r in p.records)) if p.control == "unpruned" else p
        for p in report.findings.main_points
    ]
    vars(report.findings)["main_points"] = points
    assert plain(said_answer(report))[1] == (
        "The test clips are too easy to compare criteria: the unpruned model has a test mAP of 1.000."
    )


def perfect(record):
    stages = {stage: {**found, "test_map": 0.9996} for stage, found in record.stages.items()}
    return dataclasses.replace(record, stages=stages)


def test_with_fewer_budgets_nobody_is_called_first(maker):
    report = report_of(maker.config(claim=True), bases=tuple(range(6)), criteria={"l1": 0.2, "random": 0.9})
    told = plain(said_answer(report))
    assert not any("is first" in sentence for sentence in told)
    assert said_standing(report) == "Tested at 2 budgets, no claim: a claim needs 5"
    assert told[1] == (
        "All others score measurably lower than l1 over 2 budgets; a criterion is called first only over 5 budgets or "
        "more."
    )


def test_where_random_is_highest_it_is_named_and_who_is_lower_is_said(maker):
    report = report_of(maker, criteria={"l1": 1.6, "random": 0.5}, bases=(0, 1, 2))
    told = plain(said_answer(report))
    assert "l1 does not measurably beat random with 25 % or 50 % of the filters of C7–C12 removed" in told[0]
    lower = [numbers.share(r.ratio) for r in report.rows if r.like_random is False and r.difference < 0]
    assert lower
    assert told[0].replace("\u00a0", " ").endswith(f"; l1 looks worse at {' and '.join(plain(lower))}.")
    assert told[-1].startswith("random has the highest mean test mAP: ")


def tried(label, share, mean):
    """A criterion at a budget, as the answer reads it; nothing else of it is used."""
    return Tried(
        setting=None,
        budget=share,
        is_ratio=True,
        label=label,
        is_method=False,
        by_chance=label == "random",
        map=mean,
        difference=0.0,
        alike=True,
        corrected=False,
    )


@pytest.mark.parametrize(
    ("means", "told"),
    [
        (
            {"l1": (1, 1), "random": (1, 1)},
            "All have the same mean test mAP: 1.000 at 25 % and 1.000 at 50 %.",
        ),
        (
            {"l1": (0.9, 0.8), "l2": (0.9, 0.8), "random": (0.7, 0.5)},
            "l1 and l2 have the highest mean test mAP: 0.900 at 25 % and 0.800 at 50 %.",
        ),
        (
            {"l1": (0.9, 0.8), "l2": (0.9001, 0.7), "random": (0.7, 0.5)},
            "The highest mean test mAP is 0.900 at 25 % (l1 and l2) and 0.800 at 50 % (l1).",
        ),
        (
            {"l1": (0.9, 0.8), "l2": (0.8, 0.7), "random": (0.7, 0.5)},
            "l1 has the highest mean test mAP: 0.900 at 25 % and 0.800 at 50 %.",
        ),
        (
            {**{f"c{i}": (0.9, 0.8) for i in range(4)}, "random": (0.7, 0.9)},
            "The highest mean test mAP is 0.900 at 25 % (4 with equal means) and 0.900 at 50 % (random).",
        ),
    ],
)
def test_equal_means_are_not_called_the_highest_of_one(maker, monkeypatch, means, told):
    monkeypatch.setattr(answer, "plainest", lambda setting: None)
    report = report_of(maker, criteria={"l1": 0.2, "random": 0.9})
    all_tried = [
        tried(label, share, value)
        for label, values in means.items()
        for share, value in zip(("25 %", "50 %"), values, strict=True)
    ]
    (sentence,) = answer._highest(report, all_tried)
    assert plain([sentence.partition(";")[0].rstrip(".") + "."]) == [told]


def test_where_nobody_beats_random_the_answer_says_what_may_go_unnoticed(maker):
    report = report_of(maker, criteria={"l1": 0.85, "l2": 0.86, "random": 0.85}, bases=(0,), seeds=(0, 1))
    told = plain(said_answer(report))
    assert told[0] == (
        "On this base model, no criterion measurably beats random with 25 % or 50 % of the filters of C7–C12 removed."
    )
    small = [at.random.difference for found in report.detectable for at in found.by_ratio]
    assert told[1] == (
        f"A lead of less than {numbers.quality(small[0])} mAP at 25 % or {numbers.quality(small[1])} at 50 % may go "
        "unnoticed in this run."
    )


def test_many_winners_are_counted(maker):
    losses = {name: 0.1 + 0.01 * i for i, name in enumerate(("l1", "l2", "obd", "chip", "apoz", "thinet"))}
    told = plain(
        said_answer(report_of(maker, criteria={**losses, "random": 1.5}, bases=(0, 1, 2), ratios=(0.5,)))
    )
    assert "6 of 6 criteria (most of all " in told[0]
    assert sum(name in told[0] for name in losses) == 1


def test_on_two_scopes_of_one_base_model_the_winners_of_each_are_counted(maker):
    losses = {**{f"made_up_{i}": 0.1 + 0.01 * i for i in range(4)}, "random": 1.5}
    maker.clips = 80
    for scope in ("C7-C12", "C1-C12"):
        maker.grid(criteria=losses, ratios=(0.25, 0.5), scope=scope)
    told = plain(said_answer(make_report([maker.write()])))
    counted = r"4 of the 4 criteria \(most often made_up_\d, at 2 of 2 budgets\)"
    assert re.match(
        rf"On this base model, {counted} look better than random on C1–C12(; {counted} do on| and) C7–C12",
        told[0],
    )


def test_without_random_or_without_a_criterion_nothing_is_compared(maker, new_maker, tmp_path):
    told = said_answer(report_of(maker, criteria={"l1": 0.4, "l2": 0.5}))
    assert told[0].startswith("There is no random control")
    other = new_maker(tmp_path / "random")
    other.folder.mkdir()
    told = said_answer(report_of(other.config(), criteria={"random": 0.4}))
    assert told[0] == "There is no criterion to compare with random: only random itself has finished."


def test_without_scores_of_clips_nothing_is_tested(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,))
    for path in (maker.write() / "scores").iterdir():
        path.unlink()
    told = said_answer(make_report([maker.folder]))
    assert told[0].startswith("No difference from random is tested")


def test_zero_shot_runs_have_the_same_answer(maker):
    maker.clips = 80
    maker.grid(criteria={"l1": 0.2, "random": 1.5}, ratios=(0.5,), finetune="none")
    maker.records = [
        dataclasses.replace(r, stages={"base": r.stages["base"], "pruned": r.stages["fine-tuned"]})
        for r in maker.records
        if r.criterion
    ]
    report = make_report([maker.write()])
    told = plain(said_answer(report))
    assert report.rows[0].stage == "pruned"
    assert "(+" in told[0]
    assert "looks better than random" in told[0]


def test_methods_of_several_allocations_are_held_against_one_random(maker):
    maker.clips = 80
    for allocation in ("uniform", "global"):
        maker.grid(criteria={"l1": 0.8, "random": 0.85}, ratios=(0.5,), allocation=allocation)
    report = make_report([maker.write()])
    told = plain(said_answer(report))
    assert report.methods
    assert "no method measurably beats random" in told[0] or "l1 · global" in told[0]
    assert told[0].count("random") == 1
    rows = [row for row in report.methods if row.criteria]
    highest = numbers.quality(max(row.map_mean for row in rows))
    best = [row.method for row in rows if numbers.quality(row.map_mean) == highest]
    has = "has" if len(best) == 1 else "have"
    assert told[-1].startswith(f"{' and '.join(best)} {has} the highest mean test mAP: {highest} at 50 %")


def test_networks_are_told_apart_and_compared_at_equal_cost(maker):
    maker.clips = 80
    report = make_report([maker.networks((0, 1), (RESNET,)).write()])
    told = plain(said_answer(report))
    assert len(told) <= 3
    assert told[0].startswith("On 2 base models each, ")
    assert "resnet22" in told[0]
    assert told[-1].startswith("At equal MACs (backbone), ")
    pair = next(p for pairs in report.findings.networks.values() for p in pairs if p.means)
    higher = [at for at in pair.means if at.difference.may_be_none is False]
    assert (
        f"at {len(higher)} of {len(pair.means)} costs" in told[-1]
        if higher
        else "not distinguishable" in told[-1]
    )


def test_an_unfinished_run_says_how_much_is_left(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,))
    report = make_report([maker.write()])
    run = dataclasses.replace(
        report.runs[0], planned=frozenset(r.cell for r in maker.records) | {"one", "two"}
    )
    left = said_standing(dataclasses.replace(report, runs=(run,)))
    assert left.endswith(f"; 2 of {len(run.planned)} cells are not finished yet")


def test_a_run_without_a_criterion_has_nothing_to_compare(maker):
    maker.cell(signal=2.0, control="unpruned", scope="none", base_seed=0)
    report = make_report([maker.write()])
    assert said_answer(report) == ("There is nothing to compare yet: no criterion has a finished cell.",)
    assert said_standing(report) == "Demonstration, no claim: no criteria are compared"


@pytest.mark.parametrize("label", ["<b>odd</b>", "no", "x|y`z`"])
def test_names_stay_as_they_are(maker, label):
    told = said_answer(report_of(maker, criteria={label: 0.2, "random": 1.5}, ratios=(0.5,)))
    assert label in " ".join(told)
