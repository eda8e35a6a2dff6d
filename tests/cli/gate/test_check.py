"""`check` and `baseline save` on run folders."""

import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.eval import InputError, Record

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 128, 128)
MEASURES = {
    "parameters": 1000, "parameter_bytes": 4000, "macs_backbone": 5_000_000, "macs_with_frontend": 6_000_000,
    "file_bytes": 5000,
}  # fmt: skip
SEEDS = (0, 1, 2)


def make_run(folder: Path, drop: float = 0.0, seeds: tuple[int, ...] = SEEDS, **changed: object) -> Path:
    """A run of one entry whose scores find the positives the worse the greater `drop` is."""
    draw = np.random.default_rng(5)
    targets = draw.random((60, 4)) < 0.3
    (folder / "scores").mkdir(parents=True)
    (folder / "targets").mkdir()
    names = np.array([f"c{i}" for i in range(60)])
    np.savez(
        folder / "targets" / "synth.npz",
        targets=targets, class_names=np.array(["bark", "bell", "rain", "horn"]), sources=names, names=names,
    )  # fmt: skip
    lines = []
    for seed in seeds:
        scores = targets * 0.8 * (1 - drop) + draw.random(targets.shape)
        np.savez(folder / "scores" / f"o{seed}.npz", test=scores.astype(np.float32))
        record = Record(
            cell=f"c{seed}", outcome=f"o{seed}", criterion="l1", data="synth", base="b", base_seed=seed,
            scope="C7-C12", ratio=0.5, widths=WIDTHS, measures=MEASURES, finetune_scope="tail",
            finetune_seed=0, timings={"latency_backbone_ratio": 0.5, "latency_backbone_ratio_precision": 0.02},
        )  # fmt: skip
        lines.append(dataclasses.replace(record, **changed).to_json())  # type: ignore[arg-type]
    (folder / "records.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    make_run(tmp_path / "run")

    def invoke(*words):
        return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=True)

    assert invoke("baseline", "save", "run", "-o", "b.json").exit_code == 0
    return invoke


def test_a_run_holds_against_itself_and_says_what_is_held(call):
    found = call("check", "run", "--baseline", "b.json")
    assert (found.exit_code, found.output) == (
        0,
        "holds: 1 entry of b.json\n",
    )
    held = json.loads(Path("b.json").read_text())
    entry = held["entries"]["synth/l1/C7-C12/0.5"]
    assert set(entry["quality"]["average_precision"]) == {f"base {seed}, tail 0" for seed in SEEDS}
    assert entry["speed"] == {"latency_ratio": 0.5, "precision": 0.02}
    assert list(held["classes"].values()) == [["bark", "bell", "rain", "horn"]]


def test_lost_quality_turns_it_red_and_ci_is_told(call, tmp_path, monkeypatch):
    make_run(tmp_path / "worse", drop=0.7)
    summary = tmp_path / "summary.md"
    summary.write_text("# of another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    found = call("check", "worse", "--baseline", "b.json", "--json", "--junit", "g.xml", "--markdown", "g.md")
    assert found.exit_code == 1
    told = json.loads(found.output)
    (change,) = told["changes"]
    assert (told["verdict"], change["figure"], change["verdict"]) == ("regressed", "map", "regressed")
    assert change["found"] < change["baseline"] - 0.02
    assert change["interval"][1] < 0
    text = Path("g.md").read_text(encoding="utf-8")
    assert text.startswith("### prunebench: ❌ Regressed\n")
    assert "| `synth/l1/C7-C12/0.5` | map |" in text
    assert "**regressed**" in text
    assert summary.read_text(encoding="utf-8") == "# of another step\n" + text
    suite = ElementTree.parse("g.xml").getroot()[0]
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "1",
        "failures": "1",
        "errors": "0",
    }
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "map: 0." in (failure.get("message") or "")


@pytest.mark.parametrize(
    ("changed", "remark"),
    [
        ({"seeds": (0, 1)}, "could not tell: 1 of 3 cells is missing"),
        ({"timings": {}}, "could not tell: not measured"),
        ({"data": "synth mix=2"}, "could not tell"),
        ({"status": "failed"}, "could not tell"),
    ],
)
def test_missing_parts_never_pass(call, tmp_path, changed, remark):
    make_run(tmp_path / "other", **changed)
    found = call("check", "other", "--baseline", "b.json", "--json", "--junit", "g.xml")
    assert found.exit_code == 2
    assert any(change["remark"].startswith(remark) for change in json.loads(found.output)["changes"])
    errors = ElementTree.parse("g.xml").getroot()[0].get("errors")
    assert errors == "1"


def test_a_run_without_timings_is_sent_to_save_without_speed(call, tmp_path):
    make_run(tmp_path / "untimed", timings={})
    found = call("check", "untimed", "--baseline", "b.json")
    assert found.exit_code == 2
    assert "`untimed` has no timings" in found.output
    assert call("baseline", "save", "run", "-o", "b.json", "--without", "speed").exit_code == 0
    assert call("check", "untimed", "--baseline", "b.json").exit_code == 0


def test_a_class_taken_from_the_file_never_passes(call):
    held = json.loads(Path("b.json").read_text())
    for row in held["entries"]["synth/l1/C7-C12/0.5"]["quality"]["average_precision"].values():
        row[1] = None
    Path("b.json").write_text(json.dumps(held))
    found = call("check", "run", "--baseline", "b.json", "--json")
    assert found.exit_code == 2
    assert json.loads(found.output)["changes"][0]["remark"].endswith("restore the baseline file")


def test_scores_that_are_gone_never_pass(call, tmp_path):
    make_run(tmp_path / "other")
    (tmp_path / "other" / "scores" / "o1.npz").unlink()
    found = call("check", "other", "--baseline", "b.json", "--json")
    assert found.exit_code == 2
    assert json.loads(found.output)["changes"][0]["remark"] == "could not tell: no test scores"


def test_scores_that_are_torn_are_said(call, tmp_path):
    make_run(tmp_path / "other")
    (tmp_path / "other" / "scores" / "o1.npz").write_bytes(b"PK")
    found = call("check", "other", "--baseline", "b.json")
    assert isinstance(found.exception, InputError)
    assert "must be an npz archive" in str(found.exception)


def test_improvements_are_reported_and_written_with_update(call, tmp_path):
    make_run(tmp_path / "better", measures={**MEASURES, "parameters": 900})
    before = Path("b.json").read_text()
    found = call("check", "better", "--baseline", "b.json")
    assert found.exit_code == 0
    assert "improved" in found.output
    assert Path("b.json").read_text() == before
    assert call("check", "better", "--baseline", "b.json", "--update").exit_code == 0
    held = json.loads(Path("b.json").read_text())
    assert held["entries"]["synth/l1/C7-C12/0.5"]["parameters"] == 900
    assert call("check", "run", "--baseline", "b.json").exit_code == 1


@pytest.mark.parametrize("changed", [{}, {"drop": 0.7}])
def test_update_writes_nothing_where_nothing_improved(call, tmp_path, changed):
    make_run(tmp_path / "other", **changed)
    before = Path("b.json").read_text()
    found = call("check", "other", "--baseline", "b.json", "--update")
    assert "was not changed" in found.output
    assert Path("b.json").read_text() == before


def test_tolerances_are_given_with_a_reason_and_kept(call):
    words = ("baseline", "save", "run", "-o", "b.json")
    found = call(*words, "--tolerance", "quality=0.5", "--reason", "three base models")
    assert found.exit_code == 0
    assert call(*words, "--without", "speed").exit_code == 0
    held = json.loads(Path("b.json").read_text())
    assert held["tolerances"]["quality"] == {"level": 0.05, "map": 0.5, "reason": "three base models"}
    assert "speed" not in held["entries"]["synth/l1/C7-C12/0.5"]
    for bad in ("quality", "quality=x", "quality=nan", "quality=2", "sped=0.1"):
        found = call(*words, "--tolerance", bad, "--reason", "because")
        assert found.exit_code != 0
        assert "olerance" in (found.output or "") + str(found.exception)
    assert call(*words, "--tolerance", "speed=0.2").exception is not None
    found = call(*words, "--reason", "because")
    assert isinstance(found.exception, InputError)
    assert "give --tolerance NAME=VALUE" in str(found.exception)
    assert json.loads(Path("b.json").read_text()) == held


def test_the_way_out_of_a_broken_file_is_one(call):
    held = json.loads(Path("b.json").read_text())
    del held["tolerances"]["quality"]
    Path("b.json").write_text(json.dumps(held))
    for words in (("check", "run", "--baseline", "b.json"), ("baseline", "save", "run", "-o", "b.json")):
        assert "or save the baseline again in another file" in str(call(*words).exception)
    assert call("baseline", "save", "run", "-o", "other.json").exit_code == 0


def test_a_committed_baseline_is_found_by_its_name(call):
    found = call("check", "run", "--baseline", "cnn14/l1-50")
    assert found.exit_code == 2
    assert "could not tell: 1 entry of cnn14/l1-50\n" in found.output
    assert "`run` is a run, but `cnn14/l1-50` contains a single model: give a checkpoint" in found.output


def test_a_baseline_that_comes_with_prunebench_is_not_updated(call):
    found = call("check", "absent.pth", "--baseline", "cnn14/l1-50", "--update")
    assert isinstance(found.exception, InputError)
    assert "save your own with `prunebench baseline save`" in str(found.exception)
    Path("cnn14").mkdir()
    Path("b.json").rename("cnn14/l1-50")
    assert call("check", "run", "--baseline", "cnn14/l1-50", "--update").exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("cnn14/l1-51", "did you mean `cnn14/l1-75` or `cnn14/l1-50` or `cnn14/l1-25`?"),
        ("presets/quikc", "did you mean `presets/quick`?"),
        ("zzz", "make a file with `prunebench baseline save`."),
        ("quick.json", "There is no baseline `quick.json`"),
    ],
)
def test_a_baseline_that_is_not_there_is_answered_with_the_nearest(call, given, said):
    found = call("check", "run", "--baseline", given)
    assert isinstance(found.exception, InputError)
    assert said in str(found.exception)


def test_a_checkpoint_holds_exact_figures_alone_and_says_so(call, tmp_path):
    from prunebench.harness import Cnn14, save_checkpoint

    save_checkpoint(Cnn14([2] * 12, n_classes=3, embedding=4), tmp_path / "model.pth")
    assert call("baseline", "save", "model.pth", "-o", "model.json").exit_code == 0
    written = ("--junit", "gate.xml", "--markdown", "gate.md")
    found = call("check", "model.pth", "--baseline", "model.json", *written)
    said = "`model.json` lacks these values, so `check` did not compare them: quality, speed."
    assert (found.exit_code, found.output) == (0, f"holds: 1 entry of model.json\n{said}\n")
    assert said in Path("gate.md").read_text()
    assert said in Path("gate.xml").read_text()
    assert json.loads(call("check", "model.pth", "--baseline", "model.json", "--json").output)["notes"] == [
        said
    ]


def test_a_pull_request_reads_the_same_names_of_figures_as_the_terminal(call, tmp_path):
    from prunebench.harness import Cnn14, save_checkpoint

    for name, width in (("small", 2), ("large", 4)):
        save_checkpoint(Cnn14([width] * 12, n_classes=3, embedding=4), tmp_path / f"{name}.pth")
    assert call("baseline", "save", "small.pth", "-o", "small.json").exit_code == 0
    found = call("check", "large.pth", "--baseline", "small.json", "--markdown", "gate.md")
    assert found.exit_code == 1
    for name in ("filters", "MACs, backbone", "size as torch saves it", "size of the file"):
        assert f" {name} " in found.output
        assert f"| {name} |" in Path("gate.md").read_text()


def test_a_checkpoint_never_passes_where_quality_is_held(call, tmp_path):
    from prunebench.harness import Cnn14, save_checkpoint

    save_checkpoint(Cnn14([2] * 12, n_classes=3, embedding=4), tmp_path / "model.pth")
    found = call("check", "model.pth", "--baseline", "b.json")
    assert found.exit_code == 2
    assert "`model.pth` is a single model, but `b.json` contains cells of a run" in found.output
    assert "give the run's folder" in found.output
    assert call("baseline", "save", "model.pth", "-o", "model.json").exit_code == 0
    held = json.loads(Path("model.json").read_text())
    held["entries"]["model"]["quality"] = {"test_clips": "0" * 16, "average_precision": {"model": [0.5, 0.5]}}
    Path("model.json").write_text(json.dumps(held))
    found = call("check", "model.pth", "--baseline", "model.json")
    assert found.exit_code == 2
    assert "could not tell: no test scores" in " ".join(found.output.split())
    assert "a single model has no test scores" in found.output


def test_one_base_model_trained_anew_is_no_pass_until_the_baseline_knows_the_spread(call, tmp_path):
    one = {"seeds": (0,), "base_weights": "aa" * 8}
    make_run(tmp_path / "before", **one)
    make_run(tmp_path / "anew", drop=0.01, **{**one, "base_weights": "bb" * 8})
    assert call("baseline", "save", "before", "-o", "b.json").exit_code == 0
    found = call("check", "anew", "--baseline", "b.json", "--json")
    told = json.loads(found.output)
    assert (found.exit_code, told["verdict"]) == (2, "could_not_tell")
    assert told["changes"][0]["remark"].endswith(
        "1 against 1 base models trained again; 2 on each side are needed"
    )
    assert told["notes"] == [
        "The base models of 1 entry were trained again after the baseline was saved, so the comparison accounts "
        "for the spread between base models."
    ]
    make_run(tmp_path / "six", seeds=tuple(range(6)))
    assert call("baseline", "save", "before", "-o", "b.json", "--spread", "six").exit_code == 0
    spread = json.loads(Path("b.json").read_text())["entries"]["synth/l1/C7-C12/0.5"]["quality"]["spread"]
    assert spread["freedom"] == 5
    assert spread["variance"] > 0
    words = ("--tolerance", "quality=0.5", "--reason", "a test on sixty clips")
    assert call("baseline", "save", "before", "-o", "b.json", *words).exit_code == 0
    kept = json.loads(Path("b.json").read_text())["entries"]["synth/l1/C7-C12/0.5"]["quality"]["spread"]
    assert kept == spread
    assert call("check", "anew", "--baseline", "b.json").exit_code == 0


def test_a_spread_is_that_of_a_run_folder(call):
    found = call("baseline", "save", "run", "-o", "c.json", "--spread", "nowhere")
    assert isinstance(found.exception, InputError)
    assert "the folder of a run with six base models or more. There is no folder `nowhere`" in str(
        found.exception
    )
    assert not Path("c.json").exists()


@pytest.mark.parametrize(
    ("changed", "words", "said"),
    [
        ({}, (), "--spread must be a run with at least 6 base models. Found 3 in `other`"),
        (
            {"seeds": range(6), "ratio": 0.25},
            (),
            "`other` has no test scores of `synth/l1/C7-C12/0.5`: give --spread a run of the same cells",
        ),
        (
            {"seeds": range(6), "finetune_seed": 1},
            (),
            "`other` and this run have different pruning or fine-tuning seeds",
        ),
        ({"seeds": range(6)}, ("--without", "quality"), "this baseline has none"),
    ],
)
def test_a_spread_of_other_cells_is_refused(call, tmp_path, changed, words, said):
    make_run(tmp_path / "other", **changed)
    before = Path("b.json").read_text()
    found = call("baseline", "save", "run", "-o", "b.json", "--spread", "other", *words)
    assert isinstance(found.exception, InputError)
    assert said in str(found.exception)
    assert Path("b.json").read_text() == before


def test_the_answer_for_one_base_model_says_so(call, tmp_path):
    make_run(tmp_path / "one", seeds=(0,), base_weights="aa" * 8)
    assert call("baseline", "save", "one", "-o", "b.json").exit_code == 0
    found = call("check", "one", "--baseline", "b.json")
    assert (found.exit_code, found.output) == (
        0,
        "holds: 1 entry of b.json\nQuality of 1 entry comes from one base model, so the answer is valid for that "
        "model only: for a general answer, run with several `base.seeds`.\n",
    )


def test_fewer_classes_are_no_improvement(call, tmp_path):
    from prunebench.harness import Cnn14, save_checkpoint

    for name, classes in (("ten", 10), ("three", 3)):
        save_checkpoint(Cnn14([2] * 12, n_classes=classes, embedding=4), tmp_path / f"{name}.pth")
    assert call("baseline", "save", "ten.pth", "-o", "ten.json").exit_code == 0
    found = call("check", "three.pth", "--baseline", "ten.json", "--markdown", "gate.md")
    assert isinstance(found.exception, InputError)
    assert "belongs to a model with 10 classes. Found a model with 3 classes: give" in str(found.exception)
    assert not Path("gate.md").exists()
    found = call("badge", "three.pth", "--against", "ten.pth", "-o", "badge.svg")
    assert isinstance(found.exception, InputError)
    assert "`ten.pth` has 10 and `three.pth` has 3: give" in str(found.exception)
    assert not Path("badge.svg").exists()
