"""What the report says above its first figure where base models or cells are not converged."""

import dataclasses
import io
import json
from statistics import fmean

import pytest
from rich.console import Console

from prunebench.reports import make_report, terminal_table, write_report
from prunebench.reports.figures.gallery import figures_of

GRID = {"criteria": {"l1": 0.4, "l2": 0.7, "random": 0.9}, "ratios": (0.5,), "latency": False}
BY_STEPS = "[base]\nsteps = 700\n[finetune]\nsteps = 60\n"
UNTIL = "[base]\nsteps = 700\n[base.converge]\nmost_steps = 9000\n[finetune]\nsteps = 60\n"
LONG = "[finetune.converge]\nmost_steps = 1200\n"
STEPS_SAID = (
    "The base models were trained for 700 steps, not to convergence: the figures show recovery after 60 steps of "
    "fine-tuning."
)
CELLS_SAID = (
    "Cells were fine-tuned for 60 steps, not to convergence: the figures show recovery after 60 steps."
)


def configured(maker, tables, name="quick"):
    (maker.folder / "config.toml").write_text(f'name = "{name}"\nclaim = false\n{tables}')
    return maker


def ended(maker, change):
    """Records whose stages a function changes: it takes a record and a copy of its stages."""
    for place, record in enumerate(maker.records):
        stages = {stage: dict(figures) for stage, figures in record.stages.items()}
        change(record, stages)
        maker.records[place] = dataclasses.replace(record, stages=stages)
    return maker


def converged(bound_of=lambda record: 0.0):
    """Makes base models those of a training to convergence."""

    def change(record, stages):
        if "base" in stages:
            stages["base"] |= {"steps": 2400.0, "best_step": 2000.0, "bound_reached": bound_of(record)}

    return change


def said(maker):
    return make_report([maker.write()]).convergence


def test_base_models_of_a_number_of_steps_are_called_so_in_every_output_before_the_first_figure(maker):
    configured(maker, BY_STEPS).grid(**GRID)
    report = write_report([maker.write()], formats=["svg"])
    assert report.convergence == (STEPS_SAID,)
    assert report.title == "quick, after 60 steps"
    assert report.summary["convergence"] == [STEPS_SAID]
    page = (report.folder / "page.html").read_text(encoding="utf-8")
    assert page.count(STEPS_SAID) == 1
    assert page.index(STEPS_SAID) < page.index("<svg") < page.index("<img")
    assert "<h1>quick, after 60 steps</h1>" in page
    summary = (report.folder / "summary.md").read_text(encoding="utf-8")
    assert summary.index(STEPS_SAID) < summary.index("| criterion")
    stream = io.StringIO()
    Console(file=stream, width=200).print(terminal_table(report))
    assert stream.getvalue().index(STEPS_SAID) < stream.getvalue().index("Δ random")
    assert json.loads((report.folder / "summary.json").read_text("utf-8"))["convergence"] == [STEPS_SAID]


def test_figures_name_the_steps_of_fine_tuning_below_them(maker):
    configured(maker, BY_STEPS).grid(**GRID)
    report = make_report([maker.write()])
    assert report.standing == "demonstration, no claim"
    assert report.under_figures == "fine-tuning: 60 steps · demonstration, no claim"
    drawn = {figure.name: figure.figure for figure in figures_of(report)}
    note = "".join(text.get_text() for text in drawn["map_vs_macs"].texts)
    assert "fine-tuning: 60 steps · demonstration, no claim" in note.replace("\u00a0", " ")
    maker.two_lengths()
    assert make_report([maker.write()]).under_figures == "demonstration, no claim"


def test_cells_of_a_number_of_steps_on_converged_base_models(maker):
    configured(maker, UNTIL).grid(**GRID)
    assert said(ended(maker, converged())) == (CELLS_SAID,)


def test_base_models_that_are_given_were_not_trained_by_the_run(maker):
    assert said(configured(maker, BY_STEPS + '[model]\ncheckpoint = "tagger.pth"\n').grid(**GRID)) == (
        CELLS_SAID,
    )
    both = '[[model]]\ncheckpoint = "tagger.pth"\n[[model]]\nnetwork = "cnn6"\n'
    assert said(configured(maker, BY_STEPS + both)) == (STEPS_SAID,)


def test_two_lengths_on_base_models_of_a_number_of_steps(maker):
    configured(maker, BY_STEPS).grid(**GRID).two_lengths()
    report = make_report([maker.write()])
    assert report.convergence == (
        "The base models were trained for 700 steps, not to convergence: fine-tuning also continues their "
        "training, which is part of its gain.",
    )
    assert report.title == "quick"


def test_cells_that_are_not_fine_tuned(maker):
    maker.grid(finetune="none", **GRID)
    maker.records = [
        dataclasses.replace(r, stages={"base": r.stages["base"], "pruned": r.stages["fine-tuned"]})
        for r in maker.records
        if r.criterion
    ]
    report = make_report([configured(maker, BY_STEPS).write()])
    assert report.convergence == (
        "The base models were trained for 700 steps, not to convergence: longer training may change what pruning "
        "costs them.",
    )
    assert report.title == "quick"


def test_where_all_is_converged_nothing_is_said(maker):
    configured(maker, UNTIL).grid(**GRID).two_lengths()
    assert said(ended(maker, converged())) == ()


def test_trainings_that_their_bound_ended_are_counted(maker):
    configured(maker, UNTIL + LONG).grid(bases=(0, 1, 2), **GRID)
    for base in (0, 1):
        scratch = {"base_seed": base, "scope": "C7-C12", "finetune_scope": "tail"}
        maker.cell(signal=1.2, control="scratch", ratio=0.5, **scratch)
    maker.two_lengths()
    cut = {r.cell for r in maker.records if r.criterion == "l1" and r.base_seed == 1}
    assert len(cut) == 2
    ended(maker, converged(lambda record: float(record.base_seed == 2)))

    def bounds(record, stages):
        if record.cell in cut or (record.control == "scratch" and record.base_seed == 0):
            stages["converged"] |= {"bound_reached": 1.0, "steps": 1200.0}

    ended(maker, bounds)
    tuned = [r for r in maker.records if "converged" in r.stages and r.control != "scratch"]
    assert said(maker) == (
        "The upper bound of 9,000 steps ended the training of 1 of 3 base models before they converged.",
        f"The upper bound of 1,200 steps ended the fine-tuning of 2 of {len(tuned)} models before they converged: 2 of "
        f"{len([r for r in tuned if r.ratio])} with 50\u00a0% removed.",
        "The upper bound of 9,000 steps ended the training of 1 of 2 models from scratch before they converged.",
    )


def test_a_single_base_model_is_spoken_of_as_one(maker):
    configured(maker, UNTIL).grid(**GRID).two_lengths()
    assert said(ended(maker, converged(lambda record: 1.0))) == (
        "The upper bound of 9,000 steps ended the training of the base model before it converged.",
    )


def validated(maker, gains):
    """Validation mAP of the unpruned models before and after fine-tuning: gain by (base seed, seed, rate choice)."""

    def change(record, stages):
        if record.control == "unpruned-fine-tuned":
            gain = gains[record.base_seed, record.finetune_seed, record.rate_choice]
            stages["base"]["validation_map"] = 0.4
            stages["converged"]["validation_map"] = 0.4 + gain

    return ended(maker, change)


@pytest.fixture
def two_bases(maker):
    maker.clips = 80
    configured(maker, UNTIL).grid(bases=(0, 1), **GRID | {"ratios": (0.25, 0.75)}).two_lengths()
    return ended(maker, converged())


def detectable(maker):
    (main, short) = make_report([maker.write()]).detectable
    assert not main.panel.short
    assert short.panel.short
    least, most = sorted(at.criteria.difference for at in main.by_ratio)
    assert most > least + 0.01
    return least


@pytest.mark.parametrize("more", [0.01, -0.01])
def test_base_models_that_fine_tuning_improves_by_more_than_can_be_detected_are_not_converged(
    two_bases, more
):
    size = detectable(two_bases)
    spread = {(0, 0): 0.02, (0, 1): -0.02, (1, 0): 0.03, (1, 1): -0.03}
    gains = {(*seeds, "own"): size + more + wander for seeds, wander in spread.items()}
    gains |= {(*seeds, "shared"): size - 0.2 for seeds in spread}  # the shared rate decides nothing
    validated(two_bases, gains)
    mean = fmean(v for key, v in gains.items() if key[2] == "own")
    expected = (
        f"Fine-tuning without pruning raises the validation mAP of the base models by {mean:.3f} on average, more than "
        f"{size:.3f}, the smallest of the differences that the run can detect: they have not converged.",
    )
    assert said(two_bases) == (expected if more > 0 else ())


def test_the_rate_of_all_cells_counts_where_it_is_the_own_one_too(two_bases):
    two_bases.records = [r for r in two_bases.records if r.rate_choice != "own"]
    size = detectable(two_bases)
    validated(two_bases, dict.fromkeys(((b, s, "shared") for b in (0, 1) for s in (0, 1)), size + 0.1))
    assert (
        [s for s in said(two_bases) if f"base models by {size + 0.1:.3f} " in s]
        == list(said(two_bases))
        != []
    )


def test_without_a_detectable_difference_it_is_said_that_nobody_knows(maker):
    configured(maker, UNTIL).grid(
        criteria={"l1": 0.4}, ratios=(0.5,), seeds=(0,), latency=False
    ).two_lengths()
    validated(ended(maker, converged()), dict.fromkeys(((0, 0, "own"), (0, 0, "shared")), 0.05))
    assert said(maker) == (
        "The report cannot tell whether the base model converged: fine-tuning without pruning raises the validation "
        "mAP of the base model by 0.050, and the run has no smallest detectable difference to compare this with.",
    )


def test_of_what_a_bound_ended_nobody_asks_whether_it_converged(maker):
    configured(maker, UNTIL).grid(
        criteria={"l1": 0.4}, ratios=(0.5,), seeds=(0,), latency=False
    ).two_lengths()
    cut = ended(maker, converged(lambda record: 1.0))
    validated(cut, dict.fromkeys(((0, 0, "own"), (0, 0, "shared")), 0.05))
    assert said(maker) == (
        "The upper bound of 9,000 steps ended the training of the base model before it converged.",
    )


def test_of_several_runs_those_are_named_that_a_sentence_is_of(maker, new_maker, tmp_path):
    configured(maker, BY_STEPS).grid(**GRID).write()
    other = new_maker(tmp_path / "other")
    other.folder.mkdir()
    configured(other, UNTIL, "more").grid(**{**GRID, "criteria": {"l1": 0.3, "random": 0.8}})
    ended(other, converged()).write()
    report = make_report([maker.folder, other.folder])
    assert report.convergence == (f"quick: {STEPS_SAID}", f"more: {CELLS_SAID}")
    assert report.title == "quick, after 60 steps + more, after 60 steps"
    configured(other, BY_STEPS, "more")
    plain = {"base": {"test_map": 0.8}}
    other.records = [
        dataclasses.replace(r, stages={**r.stages, **plain}) if "base" in r.stages else r
        for r in other.records
    ]
    other.write()
    assert make_report([maker.folder, other.folder]).convergence == (STEPS_SAID,)


@pytest.mark.parametrize(
    "tables",
    [
        "base = 3\nfinetune = [1]\nmodel = [2]\n",
        '[base]\nsteps = "many"\n[finetune]\nsteps = []\n',
        "model = 5\n[base.converge]\n",
    ],
)
def test_a_configuration_of_another_form_is_no_reason_to_stop(maker, tables):
    assert said(configured(maker, tables).grid(**GRID)) == ()
