"""The files for CI systems, the Dockerfile and the hooks: well formed, and with commands that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from prunebench.cli import cli

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"


def steps(name):
    found = yaml.safe_load((CI / name).read_text(encoding="utf-8"))
    if name == "gitlab-ci.yml":
        return found["compression"]["script"], found
    return [step["run"] for step in found["jobs"]["gate"]["steps"] if "run" in step], found


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_every_command_of_a_pipeline_is_understood(name):
    lines = [shlex.split(line) for line in steps(name)[0]]
    verbs = [words[1:] for words in lines if words[0] == "prunebench"]
    assert [words[0] for words in verbs] == ["doctor", "run", "check"]
    for words in verbs:
        command = cli.get_command(click.Context(cli), words[0])
        command.make_context(words[0], words[1:])


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_the_baseline_is_saved_of_the_run_and_in_the_file_that_the_pipeline_checks(name):
    block = (CI / "README.md").read_text(encoding="utf-8").split("```")[1].splitlines()
    run, save = (line for line in block if line.startswith("prunebench "))
    script = steps(name)[0]
    assert run in script, "a baseline of a run with other measures cannot be told from one of the pipeline"
    assert shlex.split(save)[-1] == "baselines/quick.json"
    assert any("check runs/quick --baseline baselines/quick.json" in line for line in script)


def test_both_show_the_gate_where_people_look():
    script, gitlab = steps("gitlab-ci.yml")
    assert gitlab["compression"]["artifacts"]["reports"]["junit"] in script[-1]
    github = steps("github-actions.yml")[1]
    assert github[True] == {"pull_request": None, "push": {"branches": ["main"]}}  # YAML 1.1 reads `on` so
    upload = github["jobs"]["gate"]["steps"][-1]
    assert upload["if"] == "always()"
    assert "gate.md" in upload["with"]["path"]


def test_the_dockerfile_copies_what_the_package_needs():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ARG", "ENV", "ENTRYPOINT", "CMD"}
    assert {line.split()[0] for line in lines} <= known
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert all((ROOT / word).exists() for word in copied)
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rooms = re.findall(r'^"prunebench[\w.]*" = "([\w/]+)"', pyproject, re.MULTILINE)
    assert {room.split("/")[0] for room in rooms} <= set(copied)
    assert {"LICENSE", "README.md", "pyproject.toml", "constraints.txt"} <= set(copied)


def test_hooks_run_the_pinned_ruff():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    pinned = re.search(r"^ruff==.+$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned
    assert [h["additional_dependencies"] for h in hooks if h["id"].startswith("ruff")] == [[pinned[0]]] * 2
