"""The page of one archive: what it is, its tables and sentences, its figures, its configuration."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from _results_budgets import said_budgets_left
from _results_figures import caption
from _results_recordings import said_copy

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record
from prunebench.eval.run.targets import read_targets
from prunebench.eval.text.tables import markdown, markdown_sentence
from prunebench.reports import Report
from prunebench.reports.answer.answer import said_answer
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.content.ranking_sentences import place_of
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.statistics.methods import MethodRow
from prunebench.reports.statistics.ranking import Ranked, Ranking
from prunebench.reports.tables.by_ratio import by_ratio_markdown

MADE = "<!-- `python docs/_results.py` writes this page from the archive. -->"
RECORDINGS = {"esc10": "ESC-10", "esc50": "ESC-50"}  # data set → the folder that pages call it


def archive_page(archive: Path, report: Report, figures: Sequence[str]) -> str:
    """The page as Markdown.

    Args:
        archive: the folder.
        report: of it.
        figures: names of the figures to show.
    """
    name, by_ratio = archive.name, by_ratio_markdown(report).strip()
    parts = [
        f"# {name}\n\n{MADE}",
        " ".join(map(markdown_sentence, said_answer(report))),
        f"**Standing:** {standing(report)}.",
        _what(archive, report),
        *map(markdown_sentence, report.above_figures),
        *(f"![{caption(figure)}](figures/{name}--{figure}.png)" for figure in figures),
        *_equal_macs(report),
        f"## At each ratio\n\n{by_ratio}" if by_ratio else "",
        *_methods(report),
        *_sentences(report, by_ratio),
        _missing(report),
        _again(archive),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def standing(report: Report) -> str:
    """`claim`, `demonstration, no claim`, `conditional on one base model (mn04_as_mAP_432.pt), no claim`."""
    return report.standing or "claim"


def said_networks(labels: Iterable[str]) -> str:
    """``network `cnn14` ``, ``networks `cnn14`, `cnn6` and `mn` ``."""
    *first, last = (f"`{label}`" for label in dict.fromkeys(labels))
    return f"networks {', '.join(first)} and {last}" if first else f"network {last}"


def _tables(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _what(archive: Path, report: Report) -> str:
    """What ran, on what, and how to see it."""
    (run,) = report.runs
    done = [record for record in run.records if record.status == "done"]
    bases = len({(r.data, r.network, r.base, r.base_seed) for r in done})
    data = " and ".join(markdown(label) for label in dict.fromkeys(r.data for r in done))
    networks = said_networks(r.network for r in done)
    environment = run.environment
    lines = [
        f"{len(done):,} cells on {data}, {networks}, {bases} base model{'s' * (bases != 1)}; torch "
        f"{environment.get('torch', 'unknown')}, {environment.get('processor', 'unknown processor')}, commit "
        f"{environment.get('commit') or 'unknown'}.{_test_clips(archive, done)}"
    ]
    place = f"examples/results/{archive.name}"
    config = tomllib.loads(RunFiles(archive).config.read_text(encoding="utf-8"))
    more = "".join(f" \\\n    --set {key}={word}" for key, word in _places(config))
    repeats = _repeats(config, done)
    commands = [
        f"prunebench run {_source(archive)} -o runs/{archive.name}{more}{_part(archive, config)}",
        f"prunebench archive runs/{archive.name} -o results/{archive.name}",
        f"prunebench report {place} -o report",
        f"prunebench verify {place}{more}{'' if repeats else ' --sample 0'}",
    ]
    block = "\n".join(commands)
    checks = (
        "and computes three of its cells again"
        if repeats
        else f"but computes no cell again, because the run trained its base model{'s' * (bases != 1)}"
    )
    copies = said_copy(archive, dict.fromkeys(r.data for r in done))
    return (
        f"{lines[0]}\n\nThe first two commands made the archive. The third draws its report. The fourth checks "
        f"it {checks}:\n\n```bash\n{block}\n```" + "".join(f"\n\n{said}" for said in copies)
    )


def _test_clips(archive: Path, done: Sequence[Record]) -> str:
    """How many clips and classes test mAP is computed from."""
    told = []
    for label in dict.fromkeys(r.data for r in done):
        path = RunFiles(archive).targets_of(label)
        if path.is_file():
            targets = read_targets(path, "class_names")[0]
            clips, classes = targets.shape
            known = int(targets.any(axis=0).sum())
            these = (
                f"the {known} of {classes} classes that have positives among the"
                if known < classes
                else f"{classes} classes in"
            )
            told.append(f" Test mAP is the mean over {these} {clips:,} test clips of {markdown(label)}.")
    return "".join(told)


def _places(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys that say where recordings and a checkpoint are, with what other pages call these."""
    for table in _tables(config["data"]):
        if table.get("root"):
            yield "data.root", RECORDINGS.get(table["name"], "CLIPS")
    for table in _tables(config.get("model", {})):
        if table.get("checkpoint"):
            yield "model.checkpoint", table["checkpoint"]


def _repeats(config: Mapping[str, Any], done: Sequence[Record]) -> bool:
    """Whether others have the base models too, so that `verify` can compute cells again."""
    base = config.get("base", {})
    if "frozen" in base and base.get("pretrained", True):
        return True
    trained = any("steps" in record.stages.get("base", {}) for record in done)
    return not trained and all(table.get("checkpoint") for table in _tables(config.get("model", {})))


def _part(archive: Path, config: Mapping[str, Any]) -> str:
    """The base models of an archive that has only some of those of the configuration beside it."""
    short = archive.with_name(f"{archive.name}.toml")
    seeds = config.get("base", {}).get("seeds")
    whole = tomllib.loads(short.read_text(encoding="utf-8")) if short.is_file() else config
    if whole.get("base", {}).get("seeds") == seeds or "base" not in whole:
        return ""
    return f" \\\n    --set base.seeds={json.dumps(seeds, separators=(',', ':'))}"


def _source(archive: Path) -> str:
    """The configuration that was run: a file beside the archive, else the resolved one within it."""
    short = archive.with_name(f"{archive.name}.toml")
    return f"examples/results/{short.name if short.is_file() else f'{archive.name}/config.toml'}"


def _equal_macs(report: Report) -> Iterator[str]:
    """The ranking of each panel at equal MACs, over all its budgets or at its only one."""
    found = equal_macs(report)
    if found:
        yield "## At equal MACs"
        yield from said_budgets_left(report, found)
    for ranking in found:
        head = f"**{markdown(ranking.panel.title)}**, {place_of(ranking)}:"
        lines = [
            "| criterion | test mAP | from `random` | not distinguishable from the best |",
            "|---|---:|---:|:---:|",
        ]
        yield "\n".join([head, "", *lines, *map(_ranked, ranking.rows)])
    if found:
        yield (
            "In brackets are 95 % intervals. ≈ means: not distinguishable from `random`. With six base models or more, "
            "this is decided by a test that accounts for the number of criteria (Holm, 5 %), with fewer by the 95 % "
            "interval, which is not corrected. An interval is for one comparison, so it can exclude zero beside ≈. ? "
            "means: not tested. = means: not distinguishable from the best (step-down test, 5 % for all criteria "
            "together)."
        )


def equal_macs(report: Report) -> list[Ranking]:
    """Of each panel, the ranking at equal MACs over all budgets, or at its only one."""
    found: dict[Any, Ranking] = {}
    for ranking in report.rankings:
        if ranking.quantity == MACS and not ranking.chosen_by:
            before = found.get(ranking.panel)
            if before is None or ranking.over_all:
                found[ranking.panel] = ranking
    return list(found.values())


def _ranked(row: Ranked) -> str:
    low_high = f" [{numbers.quality(row.low)}, {numbers.quality(row.high)}]" if row.low == row.low else ""
    return (
        f"| {code(row.label)} | {numbers.quality(row.mean)}{low_high} | {from_random(row)} | "
        f"{marks.of_best(row.may_be_best)} |"
    )


def from_random(row: Ranked) -> str:
    """`+0.012 [−0.003, +0.021] ≈`, a dash for random itself."""
    between = numbers.interval(row.from_random_low, row.from_random_high)
    mark = marks.of_difference(row.from_random, row.like_random)
    return marks.behind(f"{numbers.gap(row.from_random)} {between}".rstrip(), mark)


def code(label: str) -> str:
    """`l2` = `lamp` †."""
    parts = label.split(" = ")
    return " = ".join(f"`{p.removesuffix('†')}`{' †' * p.endswith('†')}" for p in parts)


def _methods(report: Report) -> Iterator[str]:
    """Where methods differ in more than their criterion: a table, then whose budget was larger."""
    if not report.methods:
        return
    head = [
        "| family | method | budget | test mAP | from `random` | MACs spent |",
        "|---|---|---|---:|---:|---:|",
    ]
    yield "## Methods"
    for panel in dict.fromkeys(row.panel for row in report.methods):
        own = [_method(row) for row in report.methods if row.panel == panel]
        yield "\n".join([f"**{markdown(panel.title)}**", "", *head, *own])
        yield "\n".join(
            f"- {markdown_sentence(sentence)}" for sentence in report.budgets.get(panel.title, ())
        )


def _method(row: MethodRow) -> str:
    between = numbers.interval(row.difference_low, row.difference_high)
    mark = marks.of_difference(row.difference, row.like_random)
    difference = (
        "" if row.is_reference else marks.behind(f"{numbers.gap(row.difference)} {between}".rstrip(), mark)
    )
    spent = f"{row.relative_budget:.2f}" if row.relative_budget == row.relative_budget else numbers.MISSING
    return (
        f"| {row.family} | {markdown(row.method)} | {markdown(said_asked(row.asked))} | "
        f"{numbers.quality(row.map_mean)} | "
        f"{difference} | {spent} |"
    )


def _sentences(report: Report, told: str) -> Iterator[str]:
    """The sentences of each panel, and of networks beside each other, without those that the page holds already."""
    yield "## In words"
    for title, sentences in (*report.sentences.items(), *report.networks.items()):
        new = [text for text in map(markdown_sentence, sentences) if text not in told]
        if new:
            yield "\n".join([f"**{markdown(title)}**", "", *(f"- {text}" for text in new)])


def _missing(report: Report) -> str:
    told = "\n".join(f"- {markdown_sentence(sentence)}" for sentence in report.missing)
    return f"## What is missing\n\n{told}" if told else ""


def _again(archive: Path) -> str:
    """The configuration, word for word."""
    short = archive.with_name(f"{archive.name}.toml")
    path = short if short.is_file() else RunFiles(archive).config
    return f"## Configuration\n\n```toml\n{path.read_text(encoding='utf-8').strip()}\n```"
