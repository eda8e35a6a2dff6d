from prunebench.harness.cells.best_iterate import copy_trained


def test_what_a_base_left_is_copied_once_under_its_identity(tmp_path):
    base, models = tmp_path / "base", tmp_path / "run" / "models"
    base.mkdir()
    (base / "trained.pt").write_bytes(b"last")
    (base / "trained-best.pt").write_bytes(b"best")
    copy_trained(base, "abc", models)
    assert (models / "base-abc.pt").read_bytes() == b"last"
    assert (models / "base-abc-best.pt").read_bytes() == b"best"
    assert (base / "trained.pt").read_bytes() == b"last"
    (base / "trained.pt").write_bytes(b"other")
    copy_trained(base, "abc", models)
    assert (models / "base-abc.pt").read_bytes() == b"last"


def test_a_base_that_left_nothing_leaves_no_folder(tmp_path):
    (tmp_path / "base").mkdir()
    copy_trained(tmp_path / "base", "abc", tmp_path / "models")
    assert not (tmp_path / "models").exists()
