"""A verb never replaces a file that it reads."""

import shutil

import pytest

from prunebench.cli.output_file import check_output
from prunebench.harness import Cnn14, save_checkpoint

VERBS = {
    "prune": ("prune", "model.pt", "--pruner", "l1", "--ratio", "0.5", "--layers", "all"),
    "export": ("export", "model.pt"),
    "tag": ("tag", "model.pt", "clips", "--format", "json"),
    "baseline": ("baseline", "save", "model.pt"),
    "reproduce": ("reproduce", "epanns", "--checkpoint", "model.pt", "--audioset", "clips"),
}


@pytest.fixture
def model(tmp_path):
    save_checkpoint(Cnn14([2] * 12, n_classes=2, embedding=4), tmp_path / "model.pt")
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.wav").write_bytes(b"")
    return tmp_path / "model.pt"


def refused(cli, words, output):
    code, out, error = cli(*words, "-o", output)
    return (code, out, error) == (
        2,
        "",
        f"Error: `{output}` is a file that this command reads: give another path with -o.\n",
    )


@pytest.mark.parametrize("verb", VERBS)
def test_the_checkpoint_stays(cli, model, verb):
    before = model.read_bytes()
    (model.parent / "link.pt").symlink_to(model)
    for output in ("model.pt", "clips/../model.pt", "link.pt"):
        assert refused(cli, VERBS[verb], output)
    assert model.read_bytes() == before


def test_a_recording_and_a_file_of_a_pruner_stay(cli, model):
    assert refused(cli, VERBS["tag"], "clips/a.wav")
    (model.parent / "mine.py").write_text("")
    assert refused(cli, (*VERBS["prune"], "--pruner-file", "mine.py"), "mine.py")


def test_both_checkpoints_of_a_badge_stay(cli, model):
    before = model.read_bytes()
    shutil.copy(model, model.parent / "other.svg")
    assert refused(cli, ("badge", "model.pt", "--against", "other.svg"), "other.svg")
    assert (model.parent / "other.svg").read_bytes() == before


def test_a_copy_may_be_replaced(model):
    shutil.copy(model, model.parent / "copy.pt")
    check_output(model.parent / "copy.pt", model, None, model.parent / "absent.pt")
