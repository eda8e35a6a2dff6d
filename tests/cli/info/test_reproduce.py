"""`reproduce epanns` without weights or data."""

import json

import pytest


def test_the_table_of_claims(cli, tmp_path):
    code, out, _ = cli("reproduce", "epanns", "--light", "-o", "epanns.md")
    assert code == 0
    for text in ("23,205,839 (0.287)", "13.466 G (0.638)", "16.4 MB (1.000)", "C7–C13", "softmax", "10.1 %"):
        assert text in out
    page = (tmp_path / "epanns.md").read_text()
    assert "| claim | paper | source | convention | measured here | verdict | remark |" in page
    assert "| size at 75 % | 22.0 % of 81 M | E-PANNs repository" in page
    assert all(line.count("|") == 8 for line in page.splitlines() if line.startswith("| less "))


def test_as_json(cli):
    code, out, _ = cli("reproduce", "epanns", "--light", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["machine"] == found["outcomes"] == []
    assert [shape["parameters"] for shape in found["figures"]] == [80753615, 47408591, 23205839, 8145359]
    assert len({claim["claim"] for claim in found["claims"]}) == len(found["claims"]) == 18


@pytest.mark.slow
def test_on_this_machine_at_full_width(cli):
    code, out, _ = cli("reproduce", "epanns", "--json")
    found = json.loads(out)
    assert code == 0
    half = found["machine"][2]
    assert half["file_bytes"] == pytest.approx(97.2e6, rel=0.01)
    assert half["latency_ratio"] < 0.9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--checkpoint", "a.pth"], "need both --checkpoint and --audioset"),
        (["--checkpoint", "a.pth", "--audioset", "none"], "`none/hdf5s/indexes`"),
    ],
)
def test_bad_input(cli, words, message):
    code, out, error = cli("reproduce", "epanns", "--light", *words)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert message in error
