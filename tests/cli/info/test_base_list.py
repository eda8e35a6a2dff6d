"""`prunebench list bases`, and what `prunebench doctor` says of frozen base models."""

import json

from prunebench.cli.info.diagnosis import diagnose


def test_sets_are_listed_with_where_they_are_from(cli, frozen_set, install_bases):
    files = sorted(frozen_set[1].glob("*.safetensors"))
    install_bases(*files)
    code, out, _ = cli("list", "bases", "--json")
    assert code == 0
    (row,) = (row for row in json.loads(out) if row["name"] == "tiny-w32")
    assert row["seeds"] == "0, 1"
    assert row["network"] == "cnn14[width=0.03125]"
    assert row["classes"] == 24
    assert row["bytes"] == sum(path.stat().st_size for path in files)
    assert row["from"] == "prunebench-bases"
    low, high = (float(value) for value in row["test mAP"].split(" to "))
    assert 0 < low <= high < 1
    code, out, _ = cli("list", "bases")
    assert code == 0
    assert "tiny-w32" in out


def test_none_is_listed_where_none_is_installed(cli, monkeypatch, tmp_path):
    monkeypatch.setattr("prunebench.harness.frozen.installed_bases.SHIPPED", tmp_path)
    monkeypatch.setattr("prunebench.harness.frozen.installed_bases.entry_points", lambda group: ())
    monkeypatch.syspath_prepend(str(tmp_path))  # what was found is kept for the path of now
    assert cli("list", "bases", "--json")[:2] == (0, "[]\n")
    assert cli("list", "bases")[0] == 0


def test_what_cannot_be_used_is_said(cli, frozen_set, install_bases):
    folder = install_bases(*frozen_set[1].glob("*seed0*"))
    (path,) = folder.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    (install_bases(name="broken") / "__init__.py").write_text("raise ValueError('no models')")
    rows = {row["name"] or row["from"]: row for row in json.loads(cli("list", "bases", "--json")[1])}
    assert "does not match the hash in the name of the file" in rows["tiny-w32"]["note"]
    assert "ValueError: no models" in rows["broken"]["note"]
    states = {found.name: found.state for found in diagnose() if found.part == "bases"}
    assert (states["tiny-w32"], states["broken"]) == ("broken", "broken")
