"""Arguments of every verb, addresses and servers, locales, streams that are full, names that are no UTF-8."""

from __future__ import annotations

import json

import click
from cases import DONE, EITHER, Case, Ended, Place

VALUES = (
    "", " ", "0", "1", "-1", "2", "0.5", "1.5", "nan", "inf", "-inf", "1e308", "9" * 5000, "text",
    "é\u202e", "\x1b[31m", "x" * 100_000, "a,b", "a=b", "=", "l1", "random", "all", "C7-C12", "C1",
    "C0-C99", "C12-C7", "none",
    "tail", "../x", "/dev/null", ".", "svg,png", "single", "eager", "eager,onnxruntime", "[" * 10_000,
    "tp:magnitude", "scores:x", "l1[x=1]", "l1[", "nystrom_similarity[landmarks=9999999999]", "0.25,0.5",
    "0.5,", "{}", "\n", "--json",
)  # fmt: skip
SLOW = {"latency", "energy", "memory", "live", "backends", "data", "scheduler", "url"}  # cases of their own
VERBS = (
    ("status",),
    ("report",),
    ("merge",),
    ("check",),
    ("baseline", "save"),
    ("score",),
    ("prune",),
    ("export",),
    ("tag",),
    ("measure",),
    ("data", "audioset"),
    ("list",),
    ("doctor",),
    ("run",),
)


def _command(words: tuple[str, ...]) -> click.Command:
    from prunebench.cli import cli

    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def _things(place: Place) -> list[str]:
    chosen = place.chance.sample(
        (
            "m.pth",
            "x.wav",
            "run",
            "scores",
            "tiny.toml",
            "baseline.json",
            "gate.json",
            "esc",
            "sounds",
            "named.safetensors",
            "clips",
        ),
        4,
    )
    return [place.put(name) for name in chosen]


def options(place: Place) -> Case:
    """Any options with any values, as the commands declare them."""
    verb = place.chance.choice(VERBS)
    words: list[str] = list(verb)
    things = _things(place)
    given = [
        parameter
        for parameter in _command(verb).params
        if not {parameter.name} & SLOW and "help" not in str(parameter.name)
    ]
    for parameter in given:
        if isinstance(parameter, click.Argument):
            words += place.chance.choices(
                [*things, place.chance.choice(VALUES)],
                k=1 if parameter.nargs == 1 else place.chance.choice((0, 1, 2, 3)),
            )
        elif parameter.required or place.chance.random() < 0.25:
            words.append(parameter.opts[-1])
            if not (isinstance(parameter, click.Option) and parameter.is_flag):
                is_path = isinstance(parameter.type, click.Path)
                inputs = parameter.name not in ("output", "markdown_file", "junit_file", "work")
                words.append(
                    place.chance.choice(things)
                    if is_path and inputs and place.chance.random() < 0.7
                    else "new"
                    if is_path
                    else place.chance.choice(VALUES)
                )
    if verb == ("run",):
        words.append("--dry-run")
    return Case([word.replace("\0", "")[:130_000] for word in words], EITHER, ("new",))


def words(place: Place) -> Case:
    """Words in any order."""
    pool = [
        *(word for verb in VERBS for word in verb if word != "doctor"),
        *_things(place),
        "-o",
        "new",
        "--json",
        "--set",
        "--help",
        "-h",
        "--version",
        "-",
        "--",
        "--dry-run",
        "",
        "-x",
        "--no-such-option",
        "ru",
        "reprot",
        "\x1b[31m",
        "x" * 50_000,
    ]
    chosen = place.chance.choices(pool, k=place.chance.choice((0, 1, 2, 3, 5)))
    if "run" in chosen:
        chosen.append("--dry-run")
    return Case(chosen, EITHER, ("new",))


def measured(place: Place) -> Case:
    """Costs of one model, by every way that takes seconds."""
    place.put("m.pth")
    what = place.chance.choice(
        (["--storage"], ["--memory"], ["--counters", "all"], ["--latency", "--budget", "0.1"], ["--latency",
        "--budget", "0"], ["--latency", "--budget", "nan"], ["--latency", "--budget", "-1"], ["--latency",
        "--precision", "0", "--budget", "0.1"], ["--energy"], ["--threads", "100000"], ["--latency",
        "--threads", "100000", "--budget", "0.1"],
         ["--memory", "--threads", "100000"], ["--latency", "--batch", "100000000", "--budget", "0.1"],
         ["--backends", "nothing"], ["--latency", "--backends", "eager,eager", "--budget", "0.1"],
         ["--latency", "--against", "x.wav"], ["--latency", "--precision", "nan", "--budget", "0.1"])
    )  # fmt: skip
    return Case(
        ["measure", "m.pth", *what, *(["--json"] if place.chance.random() < 0.5 else [])], frozenset({0, 2})
    )


def helps(place: Place) -> Case:
    verb = place.chance.choice((*VERBS, ("data",), ("baseline",), (), ("data", "esc50"), ("reproduce",)))
    return Case(
        [*verb, place.chance.choice(("--help", "-h"))],
        DONE,
        check=lambda ended: None if ended.out.startswith("Usage: ") else "no usage",
    )


def lists(place: Place) -> Case:
    noun = place.chance.choice(("pruners", "measures", "datasets", "presets", "baselines", "published"))

    def check(ended: Ended) -> str | None:
        return None if json.loads(ended.out) else "an empty list"

    return Case(["list", noun, "--json"], DONE, check=check)


VARIANTS = (
    options, words, measured, helps, lists, options, options, words, options, options, options, options,
    options,
)  # fmt: skip
