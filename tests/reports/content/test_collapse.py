"""Where models that lost random filters hardly work, the report says so."""

import dataclasses

from prunebench.reports import make_report
from prunebench.reports.content.controls import said_collapse


def with_random_at(rows, **maps):
    """The rows with other means of random at some ratios, as shares of the unpruned model's."""
    whole = next(row.map_mean for row in rows if row.control == "unpruned")
    wanted = {float(name.removeprefix("at_")) / 100: share * whole for name, share in maps.items()}
    return [
        dataclasses.replace(row, map_mean=wanted[row.ratio]) if row.is_random and row.ratio in wanted else row
        for row in rows
    ]


def test_only_ratios_at_which_random_keeps_less_than_a_fifth_are_named(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.5}, ratios=(0.25, 0.5, 0.75))
    report = make_report([maker.write()])
    (sentences,) = report.sentences.values()
    assert list(said_collapse(report.rows)) == []
    assert not any("less than a fifth" in sentence for sentence in sentences)
    assert list(said_collapse(with_random_at(report.rows, at_25=0.9, at_50=0.2))) == []
    whole = next(row.map_mean for row in report.rows if row.control == "unpruned")
    (sentence,) = said_collapse(with_random_at(report.rows, at_50=0.19, at_75=0.1))
    assert sentence == (
        f"At 50\u00a0% ({0.19 * whole:.3f} mAP), 75\u00a0% ({0.1 * whole:.3f} mAP), random keeps less than a fifth of "
        f"the unpruned model's mAP ({whole:.3f}), so a lead over random there does not mean that a model works."
    )
