"""A published checkpoint: fetched, checked, and the command that comes next, which runs as it is printed."""

import hashlib
import json
import shlex
from dataclasses import replace

import pytest
import torch
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.cli.data.fetch_checkpoint import checkpoint_command
from prunebench.harness.data.download import Source
from prunebench.harness.data.published_checkpoints import PUBLISHED
from prunebench.harness.networks.plugins.network_registry import resolve_network


@pytest.fixture
def published(served):
    """A checkpoint by name, narrow, as its publishers wrap it, and where a server has it."""
    folder, address = served

    def make(name):
        found = PUBLISHED[name]
        width = "" if found.network.startswith("mn[") else "[width=0.05]"
        model = resolve_network(found.network + width).build(527, seed=0)
        state = model.state_dict()
        torch.save(state if name.startswith("mn") else {"iteration": 1, "model": state}, folder / "file")
        content = (folder / "file").read_bytes()
        sums = (
            {"sha256": hashlib.sha256(content).hexdigest()}
            if found.source.sha256
            else {"md5": hashlib.md5(content).hexdigest()}
        )
        return replace(found, source=Source(f"{address}/file", None, **sums))

    return make


NAMES = ["cnn14", "cnn6", "mobilenet_v1", "cnn14_decision_level_max", "mn04"]


@pytest.mark.parametrize("name", NAMES)
def test_the_next_command_runs_as_it_is_printed(published, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = published(name)
    done = CliRunner().invoke(checkpoint_command(found), [], catch_exceptions=False)
    first, following = done.output.splitlines()
    assert first.endswith("bytes, fetched and checked.")
    assert (tmp_path / found.file).is_file()
    words = shlex.split(following.removeprefix("Next: "))
    assert words[0] == "prunebench"
    assert ("--network" in words) == (name != "cnn14")
    CliRunner().invoke(cli, words[1:], catch_exceptions=False)
    assert (tmp_path / "pruned.pth").is_file()


@pytest.mark.parametrize(("name", "checksum"), [("mn04", "SHA-256"), ("cnn6", "MD5")])
def test_another_file_is_not_kept(served, name, checksum, tmp_path):
    folder, address = served
    (folder / "other").write_bytes(b"x" * 1000)
    found = replace(PUBLISHED[name], source=replace(PUBLISHED[name].source, size=None))
    target = tmp_path / "model.pt"
    done = CliRunner().invoke(checkpoint_command(found), ["-o", str(target), "--url", f"{address}/other"])
    assert f"must have the {checksum} " in str(done.exception)
    assert not target.exists()
    assert list(tmp_path.glob("*prunebench*")) == []


def test_json_names_network_and_checksum(published, tmp_path):
    found = published("cnn6")
    target = tmp_path / "cnn6.pth"
    done = CliRunner().invoke(checkpoint_command(found), ["-o", str(target), "--json"])
    assert json.loads(done.output) == {
        "schema_version": 1,
        "path": str(target),
        "fetched": True,
        "bytes": target.stat().st_size,
        "network": "cnn6",
        "md5": found.source.md5,
    }


def test_the_group_has_a_command_for_every_checkpoint():
    said = CliRunner().invoke(cli, ["data", "--help"]).output
    for name, found in PUBLISHED.items():
        assert f"\n  {name} " in said
        text = CliRunner().invoke(cli, ["data", name, "--help"]).output
        assert found.file in text
        assert found.checksum_in in text


def test_what_cannot_be_checked_is_said():
    done = CliRunner().invoke(cli, ["data", "mobilenet_v2"])
    assert done.exit_code == 2
    assert (
        "`MobileNetV2_mAP=0.383.pth` cannot be checked, since its checksum is not known here." in done.output
    )
    assert '`--network "mobilenet_v2"`' in done.output
