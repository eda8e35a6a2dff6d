"""The files for CI systems, the Dockerfile and the hooks: well formed, and with commands that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from prunebench.cli import cli

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"


JOBS = {  # file and job → the verbs that it calls
    ("github-actions.yml", "gate"): ["doctor", "run", "check"],
    ("github-checkpoint.yml", "checkpoint"): ["check"],
    ("github-nightly.yml", "since-release"): ["run", "check"],
    ("gitlab-ci.yml", "compression"): ["doctor", "run", "check"],
    ("gitlab-ci.yml", "since-release"): ["run", "check"],
    ("gitlab-ci.yml", "checkpoint"): ["check"],
}
EDITED = ("RUN", "MODEL", "BASELINE")
ONE_FILE = [key for key in JOBS if key[1] == "checkpoint"]
GATES = [("github-actions.yml", "gate"), ("gitlab-ci.yml", "compression")]
NIGHTLY = [("github-nightly.yml", "since-release"), ("gitlab-ci.yml", "since-release")]


def loaded(name):
    return yaml.safe_load((CI / name).read_text(encoding="utf-8"))


def variables(name, job):
    """Of a job, those of what it extends too."""
    found = loaded(name)
    if name == "gitlab-ci.yml":
        return found[found[job]["extends"]]["variables"] | found[job].get("variables", {})
    return found["jobs"][job]["env"]


def script(name, job):
    """The commands, with the names that a user edits in place of their variables."""
    found = loaded(name)
    if name == "gitlab-ci.yml":
        lines = found[job]["script"]
    else:
        lines = [step["run"] for step in found["jobs"][job]["steps"] if "run" in step]
    for variable in EDITED:
        value = variables(name, job).get(variable, "")
        lines = [re.sub(rf'"\${variable}"|\${variable}\b', value, line) for line in lines]
    return lines


def test_every_file_is_known_and_in_the_readme():
    files = {path.name for path in CI.glob("*.yml")}
    assert files == {name for name, _ in JOBS}
    readme = (CI / "README.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in readme for name in files)


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_every_command_of_a_pipeline_is_understood(name, job):
    verbs = [shlex.split(line)[1:] for line in script(name, job) if line.startswith("prunebench ")]
    assert [words[0] for words in verbs] == JOBS[name, job]
    for words in verbs:
        command = cli.get_command(click.Context(cli), words[0])
        command.make_context(words[0], words[1:])


@pytest.mark.parametrize("name", sorted({name for name, _ in JOBS}))
def test_what_a_user_edits_is_said_once(name):
    text = (CI / name).read_text(encoding="utf-8")
    named = {
        (variable, value)
        for of, job in JOBS
        for variable, value in variables(of, job).items()
        if of == name and variable in EDITED
    }
    assert {variable for variable, _ in named} == {v for v in EDITED if f"${v}" in text}
    for variable, value in named:
        assert text.count(value) == 1, f"{variable} of {name}"
    readme = (CI / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{variable}` |" in readme for variable in ("PRUNEBENCH", *EDITED))


@pytest.mark.parametrize("name", sorted({name for name, _ in JOBS if name.startswith("github")}))
def test_caches_follow_files_that_a_repository_has(name):
    for job in loaded(name)["jobs"].values():
        for step in job["steps"]:
            wanted = step.get("with", {})
            if wanted.get("cache"):
                assert wanted["cache-dependency-path"] == ".github/workflows/*.yml"
            if "key" in wanted:
                assert wanted["key"].endswith("${{ hashFiles(env.BASELINE) }}")


def test_every_command_of_the_readme_is_understood():
    text = (CI / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("prunebench ")]
    assert {"badge", "check", "run", "baseline"} <= {line.split()[1] for line in lines}
    for line in lines:
        _, verb, *words = shlex.split(line)
        command = cli.get_command(click.Context(cli), verb)
        if isinstance(command, click.Group):
            verb, *words = words
            command = command.get_command(click.Context(command), verb)
        command.make_context(verb, words)


@pytest.mark.parametrize(("name", "job"), GATES)
def test_the_baseline_is_saved_of_the_run_and_in_the_file_that_the_pipeline_checks(name, job):
    block = (CI / "README.md").read_text(encoding="utf-8").split("```")[1].splitlines()
    run, save = (line for line in block if line.startswith("prunebench "))
    lines = script(name, job)
    assert run in lines, "a baseline of a run with other measures cannot be told from one of the pipeline"
    assert shlex.split(save)[-1] == "baselines/quick.json"
    assert any("check runs/gate --baseline baselines/quick.json" in line for line in lines)


@pytest.mark.parametrize(("name", "job"), ONE_FILE)
def test_the_check_of_one_file_turns_red_where_the_model_grows(name, job, tmp_path, monkeypatch):
    from prunebench.eval import InputError
    from prunebench.harness import Cnn14, save_checkpoint

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    text = (CI / "README.md").read_text(encoding="utf-8").partition("## One model file")[2]
    (save,) = (line for line in text.split("```")[1].splitlines() if line.startswith("prunebench "))
    (check,) = (line for line in script(name, job) if line.startswith("prunebench "))

    def ended(command, widths, classes=3):
        save_checkpoint(Cnn14([widths] * 12, n_classes=classes, embedding=4), Path("models/tagger.pth"))
        return CliRunner().invoke(cli, shlex.split(command)[1:])

    Path("models").mkdir()
    assert ended(save, 4).exit_code == 0
    assert ended(check, 4).exit_code == ended(check, 3).exit_code == 0
    assert ended(check, 5).exit_code == 1
    assert "**regressed**" in Path("gate.md").read_text(encoding="utf-8")
    assert isinstance(ended(check, 4, classes=2).exception, InputError)


@pytest.mark.parametrize(("name", "job"), NIGHTLY)
def test_the_nightly_run_is_held_against_the_baseline_of_the_last_tag(name, job):
    lines = script(name, job)
    (show,) = (line for line in lines if line.startswith("git show"))
    assert show.endswith(":baselines/quick.json > release.json")
    assert any("--baseline release.json" in line for line in lines)
    assert lines.index(show) < next(at for at, line in enumerate(lines) if " check " in line)
    run = "prunebench run quick --set measure.latency=false -o runs/gate"
    assert run in lines


def test_nightly_runs_have_the_tags_and_a_schedule():
    github = loaded("github-nightly.yml")
    assert len(github[True]["schedule"][0]["cron"].split()) == 5  # YAML 1.1 reads `on` as true
    assert github["jobs"]["since-release"]["steps"][0]["with"] == {"fetch-depth": 0}
    gitlab = loaded("gitlab-ci.yml")["since-release"]
    assert gitlab["variables"] == {"GIT_DEPTH": "0"}
    assert gitlab["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]


def test_both_show_the_gate_where_people_look():
    gitlab = loaded("gitlab-ci.yml")
    gate = gitlab["compression"]
    assert f"--junit {gate['artifacts']['reports']['junit']} --markdown gate.md" in gate["script"][-1]
    assert "gate.md" in gate["artifacts"]["paths"]
    github = loaded("github-actions.yml")
    assert github[True] == {"pull_request": None, "push": {"branches": ["main"]}}
    upload = github["jobs"]["gate"]["steps"][-1]
    assert upload["if"] == "always()"
    assert "gate.md" in upload["with"]["path"]


def test_a_comment_is_written_whether_the_gate_holds_or_not():
    github = loaded("github-actions.yml")
    (comment,) = (step for step in github["jobs"]["gate"]["steps"] if step.get("name") == "comment")
    assert comment["if"].startswith("always() && ")
    assert comment["run"].count("--body-file gate.md") == 2
    assert github["permissions"]["pull-requests"] == "write"
    gitlab = loaded("gitlab-ci.yml")["comment"]
    assert gitlab["rules"][0]["when"] == "always"
    assert '"body@gate.md"' in gitlab["script"][0]
    assert gitlab["needs"] == [{"job": "compression", "artifacts": True}]
    assert "\n" not in gitlab["script"][0], "one command of the shell"


def test_gitlab_jobs_share_what_they_extend():
    found = loaded("gitlab-ci.yml")
    for job in ("compression", "since-release", "checkpoint"):
        assert found[job]["extends"] in found
    installs = [line for key in JOBS for line in script(*key) if line.startswith("pip ")]
    assert set(installs) == {'pip install "$PRUNEBENCH"'}


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
