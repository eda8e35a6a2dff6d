"""The gate on a checkpoint's own file, whatever its precision and form."""

import json

import pytest
import torch

from prunebench.harness import Cnn14, load_checkpoint, save_checkpoint


@pytest.fixture
def half(tmp_path):
    """A model saved once in float32, once in each other precision."""
    save_checkpoint(Cnn14([4] * 12, 3, 8).eval(), tmp_path / "float32.pth")
    state = load_checkpoint(tmp_path / "float32.pth").state_dict()
    for name, dtype in (("float64", torch.float64), ("float16", torch.float16)):
        stored = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
        torch.save(stored, tmp_path / f"{name}.pth")
    return tmp_path


def check(cli, file, *words):
    code, out, error = cli("check", file, "--baseline", "b.json", "--json", *words)
    assert not error
    return code, json.loads(out)


def test_measure_gives_the_size_of_the_file_and_that_of_the_weights(cli, half):
    found = {}
    for name in ("float32", "float64", "float16"):
        code, out, _ = cli("measure", f"{name}.pth", "--json")
        assert code == 0
        found[name] = json.loads(out)
        assert found[name]["file_bytes"] == (half / f"{name}.pth").stat().st_size
        assert found[name]["stored_as"] == name
    assert len({figures["state_dict_bytes"] for figures in found.values()}) == 1
    assert found["float32"]["state_dict_bytes"] == pytest.approx(found["float32"]["file_bytes"], rel=1e-3)
    assert found["float64"]["file_bytes"] == pytest.approx(2 * found["float64"]["state_dict_bytes"], rel=0.02)


def test_a_file_of_twice_the_size_regresses(cli, half):
    assert cli("baseline", "save", "float32.pth", "-o", "b.json")[0] == 0
    assert check(cli, "float32.pth")[0] == 0
    code, found = check(cli, "float64.pth")
    assert code == 1
    (change,) = found["changes"]
    assert (change["figure"], change["verdict"], change["allowed"]) == (
        "file_bytes",
        "regressed",
        "+2 %",
    )
    assert change["relative"] == pytest.approx(1, abs=0.02)
    code, found = check(cli, "float16.pth")
    assert (code, [change["remark"] for change in found["changes"]]) == (0, ["improved"])


def test_an_improvement_is_taken_over(cli, half):
    assert cli("baseline", "save", "float32.pth", "-o", "b.json")[0] == 0
    cli("check", "float16.pth", "--baseline", "b.json", "--update")
    held = json.loads((half / "b.json").read_text())["entries"]["model"]
    assert held["file_bytes"] == (half / "float16.pth").stat().st_size
    assert check(cli, "float32.pth")[0] == 1


def test_a_baseline_of_before_holds_what_it_held_and_says_what_that_is_not(cli, half):
    assert cli("baseline", "save", "float32.pth", "-o", "b.json")[0] == 0
    held = json.loads((half / "b.json").read_text())
    del held["entries"]["model"]["file_bytes"]
    (half / "b.json").write_text(json.dumps(held))
    code, found = check(cli, "float64.pth")
    assert (code, found["changes"]) == (0, [])
    assert any("but not the size of the checkpoint's own file, which is" in note for note in found["notes"])


def test_neither_size_is_held_without_the_file(cli, half):
    assert cli("baseline", "save", "float32.pth", "-o", "b.json", "--without", "file")[0] == 0
    assert (
        not {"state_dict_bytes", "file_bytes"}
        & json.loads((half / "b.json").read_text())["entries"]["model"].keys()
    )
    assert check(cli, "float64.pth")[0] == 0
