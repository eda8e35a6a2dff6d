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
