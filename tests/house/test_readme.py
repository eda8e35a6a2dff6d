"""What the README and the pages behind it promise about the code."""

import re
import subprocess
from pathlib import Path

from prunebench.pruners import BUILTIN

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_a_front_page():
    assert len(README.splitlines()) <= 120


def test_the_table_of_criteria_is_the_registry():
    page = (ROOT / "docs" / "criteria.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.:]+)`( †)? \|.+\| (.+?) \| `(pruners/\w+\.py)` \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == list(BUILTIN)
    for name, dagger, paper, module in rows:
        assert bool(dagger) == BUILTIN[name].released
        assert BUILTIN[name].__module__ == f"prunebench.{module[:-3].replace('/', '.')}"
        assert (paper == "–") == (not BUILTIN[name].reference)


def test_every_reference_is_in_the_bibliography():
    keys = set(
        re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {cls.reference for cls in BUILTIN.values()} - {""} <= keys


def test_ci_runs_the_very_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    awk = re.search(r"command=\$\((awk '.+?') README.md\)", script)
    assert awk
    found = subprocess.run(
        ["bash", "-c", f"{awk[1]} README.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip().endswith('".[test]" && .venv/bin/pytest -n 2')
    assert f"```bash\n{found.stdout.strip()}\n```" in README


def test_every_link_to_a_file_leads_somewhere():
    for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_no_mark_of_unfinished_text():
    assert not re.search(r"RESULTS_|CRITERIA_TABLE|TODO|FIXME", README)


def test_the_results_of_criteria_cover_the_registry_and_say_what_the_tables_show():
    section = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    since = re.search(
        r"were added after these runs, so the tables do not contain them: (.+?)\.$", section, re.MULTILINE
    )
    assert since
    later = set(re.findall(r"`(\w+)`", since[1]))
    parts = re.split(r"^(?=\w+.* pruned · fine-tuning)", section, flags=re.MULTILINE)[1:]
    assert len(parts) == 4
    for part in parts:
        rows = re.findall(r"^\| (`.+?) \| (.+) \|$", part, re.MULTILINE)
        rows = [(label, cells) for label, cells in rows if not label.endswith(", reversed")]
        alone = re.findall(r"`(\w+)` † ‡ removes", part)
        shown = {name for label, _ in rows for name in re.findall(r"`(\w+)`", label)}
        assert shown | set(alone) == set(BUILTIN) - later
        assert not (shown | set(alone)) & later
        said = re.search(r"Not distinguishable from random at any ratio: (.+?)\.(?= |$)", part, re.MULTILINE)
        assert said
        like = {label for label, cells in rows if cells.count("≈") == cells.count("|") + 1}
        assert set(said[1].split(", ")) == like
