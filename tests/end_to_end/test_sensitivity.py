"""Each layer alone, without fine-tuning, before and after recalibration."""

import csv

import pytest
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.reports import load_records

pytestmark = pytest.mark.slow

TINY = {
    "data.training_clips": 40,
    "data.validation_clips": 30,
    "data.test_clips": 30,
    "model.width": 0.03125,
    "base.steps": 4,
    "base.batch": 8,
    "prune.criteria": '["l1", "random"]',
    "prune.ratios": "[0.25, 0.5]",
    "prune.scopes": '["C2", "C7", "C12"]',
    "prune.recalibration_clips": 20,
    "workers": 0,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sensitivity")
    words = [f"--set={key}={value}" for key, value in TINY.items()]
    found = CliRunner().invoke(
        cli,
        ["run", "sensitivity", "-o", str(folder / "run"), *words],
        env={"PRUNEBENCH_CACHE": str(folder / "cache")},
        catch_exceptions=False,
    )
    assert found.exit_code == 0, found.output
    return folder / "run"


def test_cells_end_after_recalibration(run):
    records = load_records(run)
    assert len(records) == 1 + 3 * 2 * (1 + 3)  # random is drawn three times
    for record in records:
        assert record.status == "done", record.error
        if record.criterion:
            assert set(record.stages) == {"base", "pruned", "recalibrated"}
            assert record.finetune_seed is None
            assert record.timings["recalibration_seconds"] > 0
            assert record.stages["pruned"] != record.stages["recalibrated"]
            (layer,) = [i for i, width in enumerate(record.widths) if width != BASE[i]]
            assert record.scope == f"C{layer + 1}"


BASE = (2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64)


def test_the_report_has_data_and_a_figure(run):
    rows = list(csv.DictReader((run / "report" / "sensitivity.csv").read_text().splitlines()))
    assert {(row["layer"], row["criterion"], row["ratio"]) for row in rows} == {
        (layer, criterion, ratio)
        for layer in ("C2", "C7", "C12")
        for criterion in ("l1", "random")
        for ratio in ("0.25", "0.5")
    }
    for row in rows:
        assert 0 < float(row["map_pruned"]) < 1
        assert 0 < float(row["map_recalibrated"]) < 1
        assert 0 < float(row["macs_backbone_relative"]) < 1
        assert 0 < float(row["parameters_relative"]) < 1
    assert (run / "report" / "sensitivity.svg").stat().st_size > 10_000
    assert (run / "report" / "sensitivity.svg").is_file()
    assert "Each layer alone" in (run / "report" / "page.html").read_text()
    assert not (run / "report" / "map_vs_macs.svg").exists()
