"""The report of a run of two lengths says at each what a run that had that length alone would say."""

import csv
import dataclasses
import json
import shutil

import pytest

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import load_records
from prunebench.reports import make_report, write_report

SCRATCH = ("scratch", "scratch-macs")
TITLE = "synth · C7–C12 pruned · fine-tuning: tail"


def only_short(record):
    """A record of a run that never went on after the short fine-tuning."""
    if "converged" not in record.stages:
        return record
    stages = {k: v for k, v in record.stages.items() if k != "converged"}
    stages["fine-tuned"] = {k: v for k, v in stages["fine-tuned"].items() if k != "steps"}
    return dataclasses.replace(
        record, stages=stages, learning_rate=record.short_learning_rate, short_learning_rate=None
    )


def only_long(record):
    """A record of a run that had no short fine-tuning."""
    if "converged" not in record.stages:
        return record
    stages = {k: v for k, v in record.stages.items() if k not in ("converged", "fine-tuned")}
    return dataclasses.replace(
        record, stages={**stages, "fine-tuned": record.stages["converged"]}, short_learning_rate=None
    )


@pytest.fixture(scope="module", params=["converged", "after 60 steps"])
def both(request, two_lengths_run, two_lengths_report, tmp_path_factory):
    """A length, the report of two lengths, and that of a run which had this length alone."""
    short = request.param != "converged"
    records = load_records(two_lengths_run)
    if short:
        records = [only_short(r) for r in records if r.control not in SCRATCH and r.rate_choice != "own"]
    else:
        records = list(map(only_long, records))
    place = tmp_path_factory.mktemp("alone") / "two"
    stage = "fine-tuned" if short else ""
    shutil.copytree(two_lengths_run, place, ignore=shutil.ignore_patterns("scores", "report"))
    (place / "scores").mkdir()
    for record in records:
        own = stage if "fine-tuned" in record.stages else ""
        shutil.copy(
            RunFiles(two_lengths_run).scores_of(record.outcome, own),
            RunFiles(place).scores_of(record.outcome),
        )
    (place / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records))
    return request.param, two_lengths_report, write_report([place], formats=[], tables_only=True)


def at(length, rows):
    """Those of a length, in a panel of a run that has one, with the name of the stage that such a run has."""
    found = []
    for row in rows:
        panel = {k: v for k, v in row["panel"].items() if k != "length"}
        if row["panel"]["length"] == length:
            stage = {"stage": row["stage"].replace("converged", "fine-tuned")} if "stage" in row else {}
            found.append({**row, "panel": panel, **stage})
    return found


@pytest.mark.parametrize("part", ["rows", "rankings", "smallest_detectable_difference"])
def test_figures_are_those_of_a_run_of_that_length_alone(both, part):
    length, report, alone = both
    expected = json.loads(json.dumps(alone.summary[part]))
    assert len(expected) > 0
    assert at(length, json.loads(json.dumps(report.summary[part]))) == expected


def test_sentences_are_those_of_a_run_of_that_length_alone(both):
    """But for the rate, which a run of one length has no sentence on here, and the diagram of the main length."""
    length, report, alone = both
    expected = [s for s in alone.sentences[TITLE] if length == "converged" or "critical-difference" not in s]
    found = list(report.sentences[f"{TITLE} · {length}"])
    assert [s for s in found if "fine-tuning rate" not in s] == expected
    assert any("geometric_median" in sentence for sentence in expected)


def test_the_table_by_ratio_is_that_of_a_run_of_that_length_alone(both):
    length, report, alone = both
    parts = (report.folder / "by_ratio.md").read_text().split("\n\n" + TITLE)
    (own,) = [part for part in parts if f"· {length}:" in part]
    (expected, *_) = (alone.folder / "by_ratio.md").read_text().split("\n\nThe table gives the test mAP")
    own = own.split("\n\nThe table gives the test mAP")[0].removeprefix(TITLE).replace(f" · {length}", "", 1)
    assert own == expected.removeprefix(TITLE)


def test_hypervolumes_are_of_the_length_where_cells_ended(both):
    length, report, alone = both
    found = at(length, json.loads(json.dumps(report.summary["hypervolumes"])))
    expected = [] if length != "converged" else json.loads(json.dumps(alone.summary["hypervolumes"]))
    assert found == expected


def test_every_table_names_the_length_of_a_row(two_lengths_report):
    for name in ("summary", "measures", "ranking"):
        with (two_lengths_report.folder / f"{name}.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert {row["length"] for row in rows} == {"converged", "after 60 steps"}, name


def test_figures_that_rank_are_drawn_of_both_lengths_and_the_others_of_one(two_lengths_report):
    names = {path.stem for path in two_lengths_report.files if path.suffix == ".svg"}
    assert {"ranking_at_equal_macs", "ranking_at_equal_macs_after_60_steps", "before_and_after"} <= names
    assert [name for name in names if "after_60" in name] == ["ranking_at_equal_macs_after_60_steps"]
    page = (two_lengths_report.folder / "page.html").read_text(encoding="utf-8")
    assert f"Difference from random at equal MACs (backbone): {TITLE} · after 60 steps" in page


def test_rates_are_said_of_each_length(two_lengths_report):
    said = two_lengths_report.sentences
    assert "The fine-tuning rate of all cells is 0.003." in said[f"{TITLE} · after 60 steps"]


def test_cells_on_the_page_hold_both_lengths(two_lengths_report):
    page = (two_lengths_report.folder / "page.html").read_text(encoding="utf-8")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert data["panels"] == [f"{TITLE} · converged", f"{TITLE} · after 60 steps"]
    by_id = {cell["id"]: cell for cell in data["cells"]}
    for record in load_records(two_lengths_report.runs[0].folder):
        cell = by_id[record.cell]
        if "fine-tuned" in record.stages:
            assert cell["map_short"] == pytest.approx(record.stages["fine-tuned"]["test_map"], abs=1e-6)
            assert (cell["short_length"], cell["short_learning_rate"]) == ("after 60 steps", 0.003)
        else:
            assert "map_short" not in cell


def test_runs_of_which_one_has_two_lengths_are_held_against_each_other_at_the_same_steps(
    maker, new_maker, tmp_path
):
    grid = {"criteria": {"l1": 0.4, "random": 0.9}, "ratios": (0.5,)}
    (maker.folder / "config.toml").write_text('name = "quick"\nclaim = false\n[finetune]\nsteps = 60\n')
    maker.grid(**grid).write()
    other = new_maker(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="more").grid(**grid).two_lengths()
    other.records = [dataclasses.replace(r, cell=f"x{r.cell}") for r in other.records]
    report = make_report([maker.folder, other.write()])
    assert {row.panel.length for row in report.compared} == {"after 60 steps"}
    titles = {p.panel.title for p in report.points}
    assert titles == {
        f"quick · {TITLE} · after 60 steps",
        f"more · {TITLE} · after 60 steps",
        f"more · {TITLE} · converged",
    }


def test_scores_that_one_length_lacks_are_missing_of_that_cell_once(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,)).two_lengths().write()
    cells = [r for r in maker.records if r.criterion == "l1"]
    RunFiles(maker.folder).scores_of(cells[0].outcome, "fine-tuned").unlink()
    RunFiles(maker.folder).scores_of(cells[1].outcome, "fine-tuned").unlink()
    RunFiles(maker.folder).scores_of(cells[1].outcome).unlink()
    assert [s for s in make_report([maker.folder]).missing if "per-clip" in s] == [
        "2 of 8 cells have no per-clip test scores, so their differences have no interval."
    ]


def test_networks_are_compared_where_their_cells_converged(maker):
    report = write_report([maker.networks().two_lengths().write()], tables_only=True)
    assert list(report.networks) == ["synth · fine-tuning: all · converged"]
    with (report.folder / "networks.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["length"] for row in rows} == {"converged"}
    assert {row["finetune_scope"] for row in rows} == {"all"}
    maker.records = list(map(only_long, maker.records))
    long = make_report([maker.write()])
    assert list(report.networks.values()) == list(long.networks.values())
