"""The sentence on the fine-tuning rates."""

import dataclasses

from prunebench.reports import make_report


def sentences(maker, rates, validation):
    """Of a run whose unpruned model was fine-tuned at the shared rate and at its own."""
    maker.grid(criteria={"l1": 0.3}, ratios=(0.5,))

    def known(record):
        if record.control != "unpruned-fine-tuned":
            return record
        place = int(record.rate_choice == "own")
        stage = {**record.stages["fine-tuned"], "validation_map": validation[place]}
        return dataclasses.replace(
            record, learning_rate=rates[place], stages={**record.stages, "fine-tuned": stage}
        )

    maker.records = [known(record) for record in maker.records]
    report = make_report([maker.write()])
    return [s for said in report.sentences.values() for s in said if "fine-tuning rate" in s]


def test_validation_figures_stand_beside_the_rates(maker):
    assert sentences(maker, (0.001, 0.003), (0.61, 0.64)) == [
        "The fine-tuning rate of all cells is 0.001, chosen by the validation mAP of models that lost random filters; "
        "at 0.003, its own best rate, the unpruned model reaches a validation mAP of 0.640 instead of 0.610."
    ]


def test_one_rate_that_is_best_for_both_is_said_once(maker):
    assert sentences(maker, (0.001, 0.001), (0.61, 0.61)) == [
        "The fine-tuning rate of all cells is 0.001, which is also the best one of the unpruned model (validation mAP "
        "0.610)."
    ]


def test_without_validation_figures_nothing_is_said(quick_report):
    assert not [s for said in quick_report.sentences.values() for s in said if "fine-tuning rate" in s]
