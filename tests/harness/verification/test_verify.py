"""An archive that holds what it says passes; each damage is told in one sentence; cells are computed again."""

import dataclasses
import json
import lzma
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.compressed import write_compressed
from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.archive import archive_run
from prunebench.harness.sweep.merge import merge_runs
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.verification import sample
from prunebench.harness.verification.archive_contents import read_contents
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.plan_again import plan_again
from prunebench.harness.verification.verify import verify_archive
from prunebench.harness.workspace.cache import Cache
from prunebench.reports import write_report

QUICK = Path(__file__).parents[3] / "examples" / "results" / "quick"

GRID = """
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3, 1e-2]
[measure]
latency = false
"""


@pytest.fixture(scope="module")
def site(frozen_set, bases_distribution):
    """Where the frozen base models are installed."""
    return str(bases_distribution(*frozen_set[1].iterdir()).parent)


@pytest.fixture(scope="module")
def tiny(frozen_set, site, tmp_path_factory):
    """The run and the archive of two criteria on one frozen base model, whose rate was chosen of two."""
    home = tmp_path_factory.mktemp("verified")
    text = frozen_set[0].replace("steps = 4\nbatch = 8\n", 'frozen = "tiny-w32"\n').replace("[0, 1]", "[0]")
    (home / "tiny.toml").write_text(text + GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        config = load_config(str(home / "tiny.toml"))
        assert run_sweep(config, home / "run", Cache(home / "cache")).failed == 0
    return home / "run", archive_run(home / "run", home / "archive").folder


@pytest.fixture
def installed(site, monkeypatch):
    """The frozen base models of the archive are installed."""
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def copy(tiny, tmp_path):
    return shutil.copytree(tiny[1], tmp_path / "archive")


def lines(folder, log, change):
    """Rewrite the lines of a compressed log, each of which `change` changes in place."""
    path = folder / f"{log}.xz"
    found = [json.loads(line) for line in lzma.decompress(path.read_bytes()).splitlines()]
    for line in found:
        change(line)
    path.unlink()
    write_compressed(path, "".join(f"{json.dumps(line)}\n" for line in found))


def arrays(folder, part, change):
    path = next((folder / part).glob("*.npz"))
    with np.load(path) as held:
        found = {name: held[name] for name in held.files}
    change(found)
    np.savez(path, **found)


def environment(folder, **changes):
    path = folder / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def l1(line):
    return line.get("criterion") == "l1"


def test_an_archive_that_holds_what_it_says_repeats_to_the_last_bit(tiny, installed):
    found = verify_archive(tiny[1], sample=1, seed=3)
    assert {(f.check, f.verdict) for f in found.findings} == {
        (check, Answer.HOLDS)
        for check in (
            "files",
            "environment",
            "scores",
            "curves",
            "filters",
            "identities",
            "cells",
            "costs",
            "sample",
        )
    }
    (cell,) = found.sample
    assert (cell.exact, cell.difference, cell.error) == (True, 0.0, "")
    assert found.findings[-1].said == "1 of 5 cells repeat to the last bit."
    told = found.to_json()
    assert (told["verdict"], told["exit_code"], told["sample"][0]["repeats"]) == ("holds", 0, True)


def test_a_run_folder_is_checked_before_it_is_archived(tiny, installed):
    found = verify_archive(tiny[0], sample=0)
    assert found.verdict == Answer.HOLDS
    assert "A run folder, not an archive." in found.notes
    assert next(f.said for f in found.findings if f.check == "scores").endswith(
        "from the test scores to 1e-06."
    )


def test_a_tiny_run_is_set_beside_its_archive_and_beside_that_of_another_run(tiny, tmp_path):
    both = write_report(list(tiny), tmp_path / "both", tables_only=True)
    assert both.compared
    assert all(row.paired and row.difference == 0 and row.same_cells for row in both.compared)
    other = write_report([tiny[0], QUICK], tmp_path / "other", tables_only=True)
    assert {panel.data for panel in other.findings.panels} == {
        "synth",
        read_contents(tiny[1]).records[0].data,
    }
    assert not other.compared, "they have no data set in common"


def test_a_report_and_a_lock_in_an_archive_are_left_alone(copy, installed):
    write_report(copy, tables_only=True)
    (copy / ".lock").touch()
    found = verify_archive(copy, sample=0)
    assert found.verdict == Answer.HOLDS
    assert (
        found.notes[-1]
        == "The folder `report` does not belong to the archive, and its files were not checked."
    )


def test_a_copy_of_a_run_is_not_written_into_it(tiny):
    for make in (archive_run, lambda run, out: merge_runs([run, tiny[1]], out)):
        with pytest.raises(
            InputError, match=r"inside` lies in the run folder `.*run`, which this command only reads"
        ):
            make(tiny[0], tiny[0] / "report" / ".." / "inside")
    assert not (tiny[0] / "inside").exists()


def change_map(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r["stages"]["fine-tuned"].update(test_map=0.9))


def change_criterion(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(criterion="l2"))


def change_macs(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r["measures"].update(macs_backbone=1000))


def change_widths(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(widths=[*r["widths"][:-1], 3]))


def change_cell(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(cell="0" * 16))


def change_removed(folder):
    lines(folder, "removed.jsonl", lambda line: line["removed"]["C7"].pop())


def change_precision(folder):
    arrays(folder, "clips", lambda held: held["precision"].__imul__(0.99))


def change_influence(folder):
    arrays(folder, "clips", lambda held: held["influence"].__iadd__(0.01))


def drop_outcome(folder):
    arrays(folder, "clips", lambda held: held.update({name: held[name][1:] for name in list(held)}))


def change_steps(folder):
    path = folder / "config.toml"
    path.write_text(path.read_text().replace("steps = 2\n", "steps = 3\n"))


def shorten_plan(folder):
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan[:-1]))


DAMAGES = [
    (change_map, "scores", r"The record of cell \w+ \(l1 at 50 %, base seed 0\) has a test mAP of 0\.900000 for stage"),
    (change_precision, "scores", r"its scores give 0\.\d+\. 4 others like it"),
    (change_influence, "scores", r"The influences of the test clips on cell .* must add up to 0\. Found"),
    (drop_outcome, "scores", r"The archive contains no scores of cell \w+"),
    (change_removed, "filters", r"Cell \w+ \(\w+ at 50 %, base seed 0\) lost \d+ of 16 filters of `C7`, but"),
    (change_widths, "filters", r"lost 32 of 64 filters of `C12`, but its record states that 3 remain"),
    (change_criterion, "cells", r"has criterion l2; its identity belongs to l1\."),
    (change_macs, "costs", r"states macs_backbone 1,000; its widths give [\d,]+\."),
    (change_cell, "identities", r"Cell 0{16} \(l1 at 50 %, base seed 0\) is not in the plan\."),
    (change_steps, "identities", r"4 of 5 identities in `plan\.json` do not follow from `config\.toml`: one of these"),
    (shorten_plan, "identities", r"must contain the 5 cells of the configuration in their order\. Found 4"),
    (lambda folder: (folder / "evil.sh").touch(), "files", r"^`evil\.sh` does not belong to an archive: delete it"),
    (lambda folder: (folder / "clips" / "a.npy").touch(), "files", r"^`clips/a\.npy` does not belong to an archive"),
    (lambda folder: (folder / ".git" / "hooks").mkdir(parents=True) or (folder / ".git" / "hooks" / "x").touch(),
     "files", r"^`\.git/hooks/x` does not belong to an archive"),
    (lambda folder: (folder / "more").symlink_to("/"), "files", r"^`more` does not belong to an archive"),
    (lambda folder: (folder / "pruners").mkdir() or (folder / "pruners" / "mine-01234567.py").touch(),
     "files", r"^`pruners/mine-01234567\.py` does not belong to an archive"),
    (lambda folder: environment(folder, torch=""), "environment", r"`environment\.json` does not state `torch`\."),
    (lambda folder: environment(folder, packages={"numpy": "2"}), "environment", "the version of prunebench"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "check", "said"), DAMAGES)
def test_each_damage_is_told_in_one_sentence(copy, installed, damage, check, said):
    damage(copy)
    found = verify_archive(copy)
    assert found.verdict == Answer.DIFFERS
    (first, *_) = [f for f in found.findings if f.verdict == Answer.DIFFERS and f.check == check]
    assert_matches(said, first.said)
    assert not found.sample, "nothing is computed where the files already differ"


def assert_matches(pattern, text):
    assert re.search(pattern, text), text


def test_a_cell_that_does_not_repeat_is_named_with_how_far_it_is_away(copy, installed):
    """Scores, record and curve agree, and yet nothing computed them."""
    outcomes = []

    def better(record):
        if l1(record):
            record["stages"]["fine-tuned"]["test_map"] += 0.001
            outcomes.append(record["outcome"])

    def scores(held):
        held["precision"][list(held["outcomes"]).index(outcomes[0])] += 0.001

    lines(copy, "records.jsonl", better)
    arrays(copy, "clips", scores)
    contents = read_contents(copy)
    cells = sample.candidates(contents, plan_again(contents, load_config(str(copy / "config.toml"))))
    seed = next(s for s in range(99) if sample.chosen(cells, 1, s)[0].criterion == "l1")
    found = verify_archive(copy, sample=1, seed=seed)
    assert found.verdict == Answer.DIFFERS
    (finding,) = [f for f in found.findings if f.verdict == Answer.DIFFERS]
    assert_matches(
        r"^Cell \w+ \(l1 at 50 %, base seed 0\) does not repeat: test_map of stage `fine-tuned` is -0\.001000 away "
        r"from the record, and must be the same on this machine\.$",
        finding.said,
    )
    assert found.to_json()["sample"][0]["difference"] == pytest.approx(-0.001, abs=1e-9)


def moved(record, by, **changes):
    stages = {name: dict(figures) for name, figures in record.stages.items()}
    stages["fine-tuned"]["test_map"] += by
    return dataclasses.replace(record, stages=stages, **changes)


def test_another_machine_may_differ_by_the_stated_tolerance(tiny):
    record = next(r for r in read_contents(tiny[1]).done if r.criterion == "l1")
    for by, alike, repeats in (
        (0.0, True, True),
        (1e-9, True, False),
        (0.009, False, True),
        (-0.011, False, False),
    ):
        cell = sample.compared(record, moved(record, by), alike=alike)
        assert (cell.exact, cell.repeats) == (by == 0, repeats), by
        assert cell.difference == pytest.approx(by)
        finding = sample.check_sample([cell], alike=alike, of=7)
        assert finding.verdict == (Answer.HOLDS if repeats else Answer.DIFFERS)
    assert "is -0.011000 away from the record, where 0.01 is allowed" in finding.said
    cell = sample.compared(record, moved(record, 0.0, base_weights="others"), alike=False)
    assert not cell.repeats, "another base model is no rounding"
    assert (
        "its test and validation mAP are the same, other figures"
        in sample.check_sample([cell], alike=False, of=1).said
    )
    failed = sample.compared(
        record, dataclasses.replace(record, status="failed", error="no memory"), alike=True
    )
    finding = sample.check_sample([failed], alike=True, of=1)
    assert finding.verdict == Answer.COULD_NOT_TELL
    assert finding.said.endswith("failed here: no memory")


def test_figures_repeat_to_the_last_bit_only_with_the_same_torch_processor_and_packages(tiny):
    stated = dict(read_contents(tiny[1]).environment)
    assert sample.computes_alike(stated)
    for key in ("torch", "processor", "cpu_capability"):
        assert not sample.computes_alike({**stated, key: "another"})
    assert not sample.computes_alike({**stated, "packages": {**stated["packages"], "soxr": "0"}})
    assert sample.computes_alike({**stated, "cores": 1000, "commit": "another"})


def test_without_the_base_models_nothing_is_computed_and_the_rest_is_still_checked(copy):
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert [f.check for f in found.findings if f.verdict == Answer.HOLDS] == [
        "files",
        "environment",
        "scores",
        "curves",
        "filters",
    ]
    assert_matches(
        "^The plan cannot be made again here: .* Unknown set of base models `tiny-w32`",
        found.findings[-1].said,
    )


def test_recordings_that_are_elsewhere_are_named_with_the_option_that_finds_them(copy, installed):
    path = copy / "config.toml"
    data = '[data]\nname = "esc50"\nroot = "ESC-50"\n\n['
    path.write_text(re.sub(r"\[data\]\n.*?\n\[", data, path.read_text(), count=1, flags=re.DOTALL))
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert_matches("There is no folder `ESC-50`.* with `--set data.root=FOLDER` or", found.findings[-1].said)


def test_base_models_that_a_run_trained_are_no_sample(tiny, installed, monkeypatch):
    found = read_contents(tiny[1])
    toml = str(tiny[0].parent / "tiny.toml")
    frozen, trained = (plan_again(found, load_config(toml, more)) for more in ((), ["base.pretrained=false"]))
    assert len(sample.candidates(found, frozen)) == 5
    assert not any(sample._is_frozen(cell, trained) for cell in trained.plan.cells)
    monkeypatch.setattr(sample, "_is_frozen", lambda cell, again: False)
    verified = verify_archive(tiny[1])
    assert verified.verdict == Answer.COULD_NOT_TELL
    assert_matches(
        "No cell can be computed again, because the run trained its base models: .* `--sample 0` leaves this check out",
        verified.findings[-1].said,
    )
    assert verify_archive(tiny[1], sample=0).verdict == Answer.HOLDS


@pytest.mark.parametrize(
    ("table", "option"),
    [
        ("prune", "`--pruner-file FILE.py`"),
        ("model", "`--set model.files=[...]`"),
        ("data", "`--set data.files=[...]`"),
    ],
)
def test_code_that_an_archive_names_is_never_run(copy, installed, monkeypatch, table, option):
    """A file of that name lies in the folder that the user happens to be in."""
    monkeypatch.chdir(copy.parent)
    (copy.parent / "setup.py").write_text("open('ran', 'w')\n")
    path = copy / "config.toml"
    before = path.read_text()
    config = before.replace("files = []\n", "") if table == "prune" else before
    path.write_text(config.replace(f"[{table}]\n", f'[{table}]\nfiles = ["setup.py"]\n', 1))
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert (
        f"The archive needs `setup.py` of `{table}.files`, and code that an archive names is"
        in found.findings[-1].said
    )
    assert found.findings[-1].said.endswith(f"give it with {option}.")
    assert not (copy.parent / "ran").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: environment(folder, archive_schema_version=2), "An archive must have archive_schema_version"),
        (lambda folder: (folder / "records.jsonl.xz").write_bytes(b"x" * 99), "is not a file compressed with xz"),
        (lambda folder: (folder / "plan.json").unlink(), "which has no `plan.json`"),
        (lambda folder: shutil.rmtree(folder / "targets"), r"lacks `targets/synth_.*\.npz`, from which test mAP"),
        (lambda folder: arrays(folder, "clips", lambda held: held.pop("precision")), "must be an npz archive that"),
        (lambda folder: (folder / "removed.jsonl").write_text("{}"), r"contains `removed\.jsonl` twice, compressed"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(copy, damage, said):
    damage(copy)
    with pytest.raises(InputError, match=said):
        verify_archive(copy, sample=0)
