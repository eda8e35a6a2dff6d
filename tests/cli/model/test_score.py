"""`prunebench score`, and folders of scores as the criterion of `prune`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from prunebench.cli import main
from prunebench.cli.model.score import split_labels
from prunebench.harness import Cnn14, load_checkpoint, save_checkpoint

MINE = '''
"""A pruner without packaging."""

from dataclasses import dataclass
from typing import ClassVar

from prunebench.pruners import Pruner


@dataclass(frozen=True)
class Mine(Pruner):
    """First weight."""

    name: ClassVar[str] = "mine"
    reference: ClassVar[str] = ""

    def score(self, layer):
        return layer.weight[:, 0, 0, 0]
'''


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Runs the command line in a folder with a checkpoint; gives exit code, standard output and error."""
    save_checkpoint(Cnn14([2] * 6 + [6] * 6, n_classes=2, embedding=5, seed=1), tmp_path / "model.pt")
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["prunebench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return stop.value.code, found.out, found.err

    return call


def refused(found, message):
    code, out, error = found
    assert (code, out) == (2, ""), error
    assert error.startswith("Error: ")
    assert message in error
    assert len(error.strip().splitlines()) == 1
    return True


def recordings(folder: Path) -> Path:
    folder.mkdir()
    for number in range(3):
        soundfile.write(folder / f"{number}.wav", np.random.default_rng(number).normal(0, 0.1, 16000), 32000)
    return folder


def test_scores_and_order_of_every_layer(cli):
    code, out, _ = cli("score", "model.pt", "--pruner", "l1", "--npy", "-o", "out", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["filters"] == {f"C{i}": 6 for i in range(7, 13)}
    assert sorted(map(str, Path("out").iterdir())) == sorted(found["files"])
    model = load_checkpoint("model.pt")
    for layer in found["filters"]:
        expected = model.convolution(layer).weight.detach().abs().flatten(1).sum(1).numpy()
        with np.load(f"out/{layer}.npz") as held:
            assert np.allclose(held["scores"], expected)
            assert held["order"].tolist() == np.argsort(expected).tolist()
        assert np.load(f"out/sim_index{layer[1:]}.npy").tolist() == np.argsort(expected).tolist()
    made_with = json.loads(Path("out/scores.json").read_text())
    assert (made_with["criterion"], made_with["checkpoint"], made_with["seed"]) == ("l1", "model.pt", None)
    assert made_with["checkpoint_sha256"] == hashlib.sha256(Path("model.pt").read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_prune_takes_the_folder_as_it_takes_the_criterion(cli, kind):
    assert cli("score", "model.pt", "--pruner", "l1", "--npy", "-o", "out")[0] == 0
    for file in Path("out").glob("*.npz" if kind == "npy" else "*.npy"):
        file.unlink()
    for pruner, file in (("l1", "direct.pt"), ("scores:out", "stored.pt")):
        assert cli("prune", "model.pt", "--pruner", pruner, "--ratio", "0.5", "-o", file)[0] == 0
    direct, stored = (load_checkpoint(file).state_dict() for file in ("direct.pt", "stored.pt"))
    assert all(np.array_equal(direct[key], stored[key]) for key in direct)


def test_a_seed_a_scope_and_a_pruner_of_a_file(cli):
    for folder, seed in (("first", 1), ("again", 1), ("other", 2)):
        words = ("--pruner", "random", "--seed", seed, "--layers", "C9", "-o", folder)
        assert cli("score", "model.pt", *words)[0] == 0
    first, again, other = (np.load(f"{name}/C9.npz")["scores"] for name in ("first", "again", "other"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert [path.name for path in Path("first").glob("*.npz")] == ["C9.npz"]
    assert cli("score", "model.pt", "--pruner", "mine", "--pruner-file", "mine.py", "-o", "own")[0] == 0
    weight = load_checkpoint("model.pt").convolution("C12").weight[:, 0, 0, 0].detach().numpy()
    assert np.load("own/C12.npz")["scores"].tolist() == weight.astype(float).tolist()


def test_criteria_held_against_each_other(cli):
    code, out, error = cli(
        "score", "model.pt", "--compare", "l1,tp:magnitude_single[p=1],random", "-o", "cmp"
    )
    assert code == 0, error
    assert "random" in out
    rows = json.loads(Path("cmp/agreement.json").read_text())
    assert len(rows) == 3 * 6
    same = [row for row in rows if (row["a"], row["b"]) == ("l1", "tp:magnitude_single[p=1]")]
    assert [row["kendall_tau"] for row in same] == [pytest.approx(1)] * 6
    assert same[0]["overlap"] == {"0.25": 1, "0.5": 1, "0.75": 1}
    assert not list(Path("cmp").glob("*.npz"))
    assert {path.suffix for path in Path("cmp").iterdir()} == {".csv", ".json", ".png", ".svg", ".pdf"}


def test_scores_and_a_comparison_at_other_ratios(cli):
    words = ("--pruner", "l1", "--compare", "l2", "--ratios", "0.5", "--layers", "C7", "--json", "-o", "both")
    code, out, _ = cli("score", "model.pt", *words)
    assert code == 0
    (row,) = json.loads(out)["agreement"]
    assert (row["a"], row["b"], list(row["overlap"])) == ("l1", "l2", ["0.5"])
    assert Path("both/C7.npz").exists()


def test_active_criteria_see_the_clips_of_a_folder(cli, tmp_path):
    recordings(tmp_path / "clips")
    words = ("--pruner", "apoz", "--layers", "C7", "--clips", "clips", "-o", "apoz")
    code, _, error = cli("score", "model.pt", *words)
    assert code == 0, error
    assert np.isfinite(np.load("apoz/C7.npz")["scores"]).all()
    words = ("--pruner", "apoz", "--ratio", "0.5", "--layers", "C7", "--clips", "clips", "-o", "small.pt")
    assert cli("prune", "model.pt", *words)[0] == 0
    assert load_checkpoint("small.pt").widths[6] == 3
    for name in ("taylor", "group_fisher"):
        assert refused(
            cli("score", "model.pt", "--pruner", name, "--clips", "clips", "-o", name),
            "needs clips labelled with the 2 classes of the model",
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "needs one criterion"),
        (["--compare", "l1"], "needs one criterion"),
        (["--pruner", "l9"], "Unknown pruner `l9`"),
        (["--pruner", "mine"], "Unknown pruner `mine`"),
        (["--pruner", "l1", "--layers", "C13"], "Found `C13`"),
        (
            ["--compare", "l1,l2", "--ratios", "0.5,x"],
            "must be numbers in [0, 1), separated by commas, such as 0.25,0.5. Found `0.5,x`",
        ),
        (["--compare", "l1,l2", "--ratios", "1.5"], "must lie in [0, 1)"),
        (["--pruner", "apoz"], "needs calibration clips"),
        (["--pruner", "apoz", "--clips", "nowhere"], "There is no folder `nowhere`: give the folder"),
        (["--pruner", "scores:nowhere"], "There is no folder `nowhere`: give a folder of scores"),
        (["--pruner", "l1", "--pruner-file", "nowhere.py"], "There is no file `nowhere.py`"),
    ],
)
def test_one_sentence(cli, words, message):
    assert refused(cli("score", "model.pt", *words, "-o", "out"), message)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pruner", "rank1_cosine_released", "--ratio", "0.5"], "takes no ratio"),
        (["--pruner", "l1"], "needs a ratio in [0, 1)"),
    ],
)
def test_prune_asks_for_a_ratio_where_there_is_one(cli, options, message):
    assert refused(cli("prune", "model.pt", *options, "-o", "out.pt"), message)


def test_prune_without_a_ratio(cli):
    code, _, error = cli("prune", "model.pt", "--pruner", "rank1_cosine_released", "-o", "out.pt")
    assert code == 0, error
    assert load_checkpoint("out.pt").widths[:6] == (2,) * 6


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("l1,l2", ["l1", "l2"]),
        ("a[x=1,y=2], b", ["a[x=1,y=2]", "b"]),
        ("l1,,", ["l1"]),
        ("", []),
    ],
)
def test_labels_between_commas(text, labels):
    assert split_labels(text) == labels


def test_constants_are_folded_by_prune_and_stay_with_scores_in_files(cli, tmp_path):
    """Straight from the criterion and by way of a folder the file is the same, and another one than without folding."""
    clips = recordings(tmp_path / "clips")
    shared = ("model.pt", "--clips", clips, "--layers", "C12")
    folding = "variance[fold=true]"
    assert cli("score", *shared, "--pruner", folding, "-o", "scores")[0] == 0
    models = {}
    for name in (folding, "variance", "scores:scores"):
        code, _, error = cli("prune", *shared, "--pruner", name, "--ratio", "0.5", "-o", "small.pt")
        assert code == 0, error
        models[name] = load_checkpoint("small.pt").fc1
    assert torch.equal(models[folding].weight, models["variance"].weight)
    assert not torch.equal(models[folding].bias, models["variance"].bias)
    assert torch.equal(models[folding].bias, models["scores:scores"].bias)


def test_damaged_constants_are_refused(cli, tmp_path):
    (tmp_path / "scores").mkdir()
    for constants in (np.ones(5), np.full(6, np.nan)):
        np.savez(tmp_path / "scores" / "C12.npz", scores=np.arange(6.0), constants=constants)
        found = cli(
            "prune",
            "model.pt",
            "--layers",
            "C12",
            "--pruner",
            "scores:scores",
            "--ratio",
            "0.5",
            "-o",
            "s.pt",
        )
        assert refused(
            found, "as many constants as scores" if len(constants) == 5 else "Scores must be finite"
        )
        assert not (tmp_path / "s.pt").exists()
