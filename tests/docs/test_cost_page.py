"""The page on the cost of a claim quotes what its command prints."""

import importlib.util
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from prunebench.cli import cli

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "cost-of-a-claim.md"


FIGURES = (r"base models [\d.]+ h, cells [\d,.]+ h", r"A worker takes .*? MB\.", r"The cache takes .*? GB\.")


def figures(text):
    """What is printed of time, memory and disk; the time of features is measured, and left out."""
    told = " ".join(text.split())
    return [found for pattern in FIGURES for found in re.findall(pattern, told)]


@pytest.mark.slow
def test_the_page_quotes_what_the_command_prints(tmp_path, monkeypatch):
    pytest.importorskip("h5py")
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    spec = importlib.util.spec_from_file_location("stand_in", ROOT / "docs" / "_audioset_stand_in.py")
    stand_in = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stand_in)
    stand_in.write(tmp_path / "AUDIOSET")
    words = [
        "run",
        str(ROOT / "examples" / "audioset-claim.toml"),
        "--set",
        f"data.root={tmp_path / 'AUDIOSET'}",
    ]
    words += ["--dry-run", "--throughput", "400", "--workers", "64"]
    found = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert found.exit_code == 0
    quoted = figures(PAGE.read_text(encoding="utf-8"))
    assert len(quoted) == 3
    assert figures(found.stdout) == quoted
    hours = float(re.search(r"About ([\d.]+) h with 64 workers", found.stdout)[1])
    assert hours == pytest.approx(
        float(re.search(r"About ([\d.]+) h with 64", PAGE.read_text())[1]), rel=0.05
    )
