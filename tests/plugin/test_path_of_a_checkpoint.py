"""The fixture holds the size of the file that it is given the path of."""

import json

import pytest
import torch

from prunebench.harness import Cnn14, load_checkpoint, save_checkpoint
from prunebench.plugin_check import HeldBaseline


def test_the_size_of_the_file_is_held_where_a_path_is_given(tmp_path):
    file, wide = tmp_path / "m.pth", tmp_path / "wide.pth"
    save_checkpoint(Cnn14([4] * 12, 3, 8), file)
    model = load_checkpoint(file)
    torch.save({k: v.double() if v.is_floating_point() else v for k, v in model.state_dict().items()}, wide)
    HeldBaseline("small", tmp_path, update=True).check(file)
    held = json.loads((tmp_path / "small.json").read_text())["entries"]["model"]
    assert held["file_bytes"] == file.stat().st_size
    for subject in (file, str(file), model):  # a model in memory has no file, and all else is held
        assert HeldBaseline("small", tmp_path).check(subject) == []
    with pytest.raises(pytest.fail.Exception, match=r"`file_bytes`"):
        HeldBaseline("small", tmp_path).check(wide)
