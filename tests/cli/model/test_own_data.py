"""`measure --data-file`: quality on a data set of one's own."""

import json

from prunebench import harness


def test_a_checkpoint_is_measured_on_it(cli, noises_file, tmp_path):
    model = harness.Cnn14([2] * 12, n_classes=2, embedding=4)
    harness.save_checkpoint(model, tmp_path / "two.pt", class_names=["quiet", "loud"])
    code, out, err = cli("measure", "two.pt", "--data-file", noises_file, "--json")
    assert code == 0, err
    assert 0 <= json.loads(out)["quality"]["eager"]["test_map"] <= 1
