"""Odd runs: each clause of the verdict is true of every criterion and budget that it names."""

from dataclasses import replace

from prunebench.reports.answer.own import said_own
from prunebench.reports.answer.tried import Tried
from prunebench.reports.answer.verdict import said_verdict
from prunebench.reports.points.panel import Panel

HERE = Panel("synth", "C7-C12", "uniform", "tail")


def tried(label, budget, difference=0.0, *, alike: bool | None = True, corrected=True):
    return Tried(
        setting=HERE,
        budget=budget,
        is_ratio=True,
        label=label,
        is_method=False,
        by_chance=label == "random",
        map=0.5,
        difference=difference,
        alike=alike,
        corrected=corrected,
    )


def won(label, budget):
    return tried(label, budget, 0.1, alike=False)


def lost(label, budget, **more):
    return tried(label, budget, -0.1, alike=False, **more)


def test_each_loser_is_named_with_its_own_budgets():
    told = said_verdict(
        [lost("l1", "25 %"), tried("l1", "50 %"), tried("l2", "25 %"), lost("l2", "50 %")], [1]
    )
    assert told.endswith("; l1 scores measurably lower at 25 %, and l2 at 50 %.")
    told = said_verdict([lost("l1", "25 %"), lost("l1", "50 %"), lost("l2", "25 %"), lost("l2", "50 %")], [1])
    assert told.endswith("; l1 and l2 score measurably lower at 25 % and 50 %.")
    told = said_verdict(
        [lost(label, at, corrected=False) for label, at in (("l1", "25 %"), ("l2", "50 %"))], [1]
    )
    assert told.endswith("; l1 looks worse at 25 %, and l2 at 50 %.")


def test_what_random_lacks_is_not_blamed_on_the_number_of_models():
    apart = [tried("l1", "25 %", alike=None), tried("random", "50 %", alike=None)]
    assert said_verdict(apart, [1]) == (
        "No budget has both a criterion and random, so no difference from random is known."
    )
    both = [tried("l1", "25 %", alike=None), tried("random", "25 %", alike=None)]
    assert said_verdict(both, [1]) == (
        "No difference from random is tested: a test needs the scores of each test clip, and several base models or "
        "repeats on one (draws of random, fine-tuning seeds)."
    )


def test_who_wins_at_all_budgets_wins_most_often_nowhere():
    budgets = ["10 %", "20 %", "30 %", "40 %", "50 %"]
    always = [won(label, budget) for label in ("l2", "obd", "chip", "apoz") for budget in budgets]
    assert said_verdict(always, [6]) == "4 of 4 criteria beat random at all of the 5 budgets (10 % to 50 %)."
    once = [won("l1", budgets[0]), *(tried("l1", budget) for budget in budgets[1:])]
    assert said_verdict(always + once, [6]).endswith(", l1 at some of them.")


def test_budgets_of_ones_own_criterion_are_counted_where_they_disagree():
    def at(*differences):
        return [
            tried("mine", f"{10 * place} %", difference, alike=not difference)
            for place, difference in enumerate(differences, 1)
        ]

    assert said_own(at(0, 0), "") == "; mine is not distinguishable from random"
    assert said_own(at(1, 0), "") == "; mine is better than random at 1 of 2 budgets"
    assert said_own(at(1, 1), "") == "; mine is better than random at all 2 budgets"
    assert said_own(at(-1, 0, 0), "") == "; mine is worse than random at 1 of 3 budgets"
    assert said_own(at(-1, 1, 1), "") == "; mine is better than random at 2 of 3 budgets and worse at 1"
    assert said_own(at(1, 0), "mine beats random") == said_own(at(1, 0), "l1 and mine (+0.1 mAP) do") == ""
    assert (
        said_own(at(0, 0), "mine_2 and undetermined look worse")
        == "; mine is not distinguishable from random"
    )
    for other in (
        "mine-v2 (+0.1 mAP) beats random",
        "mine after training beats random",
        "mine · global does",
    ):
        assert said_own(at(0), other) == "; mine is not distinguishable from random"
    assert said_own([*at(0), *(replace(one, label="ours") for one in at(0))], "") == (
        "; mine and ours are not distinguishable from random"
    )


def test_in_several_settings_comparisons_are_counted():
    other = replace(HERE, scope="C1-C6")
    both = [
        won("mine", "25 %"),
        tried("mine", "50 %"),
        *(replace(one, setting=other) for one in (won("mine", "25 %"), lost("mine", "50 %"))),
    ]
    assert said_own(both, "") == "; mine is better than random in 2 of 4 comparisons and worse in 1"
    alike = [
        replace(one, setting=at) for at in (HERE, other) for one in (won("l1", "25 %"), tried("mine", "25 %"))
    ]
    assert said_verdict(alike, [6, 6]).endswith("; mine is not distinguishable from random.")


def test_of_many_own_criteria_the_first_are_named_and_the_others_counted():
    labels = [f"own{number}" for number in range(5)]
    assert said_own([tried(label, "25 %") for label in labels], "") == (
        "; own0 and own1 are not distinguishable from random; 3 more such criteria are in the table"
    )


def test_base_models_of_each_run_are_counted_for_themselves():
    of_runs = [replace(tried("l1", "25 %"), setting=replace(HERE, run=run)) for run in ("a", "b", "c")]
    assert said_verdict(of_runs, [6, 1, 3]).startswith("On 1 to 6 base models, ")
    assert said_verdict(of_runs, [3, 3, 3]).startswith("On 3 base models each, ")
    assert said_verdict(of_runs[:1], [3, 3]).startswith("On these 3 base models, ")
    assert said_verdict(of_runs[:1], [1, 3]).startswith("On 1 to 3 base models, ")
