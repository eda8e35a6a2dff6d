"""What the gate's answer does not cover, in sentences: a pass says nothing of what no file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prunebench.baselines.gate.units import weights_kept
from prunebench.baselines.regression.base_models import base_of
from prunebench.baselines.regression.baseline import Baseline
from prunebench.baselines.regression.operating_point import MODEL_ENTRY, Figures
from prunebench.eval.text.written_labels import written

PARTS = {"state_dict_bytes": "size of the file", "quality": "quality", "speed": "speed"}


def uncovered(found: Mapping[str, Figures], baseline: Baseline, subject: str, name: str) -> tuple[str, ...]:
    """One sentence for each thing that was not compared, with the way out; none where all was.

    Args:
        found: figures of now.
        baseline: what they were held against.
        subject: name of the run or checkpoint.
        name: name of the baseline.
    """
    return (
        *_not_held(baseline, name),
        *_own_file(found, baseline, subject, name),
        *_not_said(found, baseline, subject, name),
        *_absent(found, baseline, subject, name),
        *_without_scores(found, baseline),
        *_without_timings(found, baseline, subject),
        *_base_models(found, baseline),
    )


def _not_held(baseline: Baseline, name: str) -> Iterator[str]:
    entries = baseline.entries.values()
    parts = []
    for part, word in PARTS.items():
        without = sum(getattr(figures, part) is None for figures in entries)
        if without == len(entries):
            parts.append(word)
        elif without:
            parts.append(f"{word} of {without} of {len(entries)} entries")
    if parts:
        yield f"`{name}` lacks these values, so `check` did not compare them: {', '.join(parts)}."


def _own_file(found: Mapping[str, Figures], baseline: Baseline, subject: str, name: str) -> Iterator[str]:
    """The size of a checkpoint's own file beside that of its weights as they are written here."""
    held, model = baseline.entries.get(MODEL_ENTRY), found.get(MODEL_ENTRY)
    if held is None or model is None or held.file_bytes == model.file_bytes:
        return
    if model.file_bytes is None:
        yield (
            "The baseline contains the size of a checkpoint's file, but a model in memory has no file: give the path "
            "of a checkpoint."
        )
    elif held.file_bytes is None and held.state_dict_bytes is not None:
        yield (
            f"`{name}` contains the size of the weights as prunebench writes them, {held.state_dict_bytes:,} "
            f"bytes, but not the size of the checkpoint's own file, which is {model.file_bytes:,} for `{subject}`. "
            "To check that size too, save the baseline again."
        )


def _not_said(found: Mapping[str, Figures], baseline: Baseline, subject: str, name: str) -> Iterator[str]:
    """What decides whether two models can be compared, and one side does not say."""
    pairs = [(figures, found[entry]) for entry, figures in baseline.entries.items() if entry in found]
    parts = {"n_classes": "how many classes its models have", "front_end": "what their front end is"}
    for here, side, way in (
        (0, name, "save it again"),
        (1, subject, "make the run again in a new folder"),
    ):
        lacks = [
            words
            for part, words in parts.items()
            if any(
                getattr(pair[here], part) is None and getattr(pair[1 - here], part) is not None
                for pair in pairs
            )
        ]
        if lacks:
            yield f"`{side}` does not state {' and '.join(lacks)}, so `check` cannot compare that: {way}."


def _absent(found: Mapping[str, Figures], baseline: Baseline, subject: str, name: str) -> Iterator[str]:
    absent = sorted(baseline.entries.keys() - found.keys())
    if not absent:
        return
    if found.keys() == {MODEL_ENTRY}:
        yield (
            f"`{subject}` is a single model, but `{name}` contains cells of a run: give the run's folder, or save "
            "another baseline."
        )
    elif baseline.entries.keys() == {MODEL_ENTRY}:
        yield (
            f"`{subject}` is a run, but `{name}` contains a single model: give a checkpoint, or save another baseline."
        )
    else:
        entries = "entry" if len(baseline.entries) == 1 else "entries"
        are, cells = ("is", "this cell") if len(absent) == 1 else ("are", "these cells")
        first = f"`{written(absent[0])}`{' first' * (len(absent) != 1)}"
        yield (
            f"{len(absent)} of {len(baseline.entries)} {entries} of `{name}` {are} not in `{subject}`, {first}: "
            f"compute {cells} with `prunebench run`, or save another baseline."
        )


def _without_scores(found: Mapping[str, Figures], baseline: Baseline) -> Iterator[str]:
    held, model = baseline.entries.get(MODEL_ENTRY), found.get(MODEL_ENTRY)
    if held is not None and model is not None and held.quality is not None and model.quality is None:
        yield (
            "The baseline contains quality, but a single model has no test scores: give them to the pytest fixture "
            "as `targets` and `scores`, or save the baseline of a run."
        )


def _base_models(found: Mapping[str, Figures], baseline: Baseline) -> Iterator[str]:
    """What the answer on quality stands on, where that is not the same base models on both sides."""
    anew, alone = 0, 0
    for name, figures in baseline.entries.items():
        held, now = figures.quality, found[name].quality if name in found else None
        if held is None or now is None or name == MODEL_ENTRY:
            continue
        if False in weights_kept(held, now).values():
            anew += 1
        elif len({base_of(cell) for cell in held.average_precision}) == 1:
            alone += 1
    if anew:
        yield (
            f"The base models of {_entries(anew)} were trained again after the baseline was saved, so the "
            "comparison accounts for the spread between base models."
        )
    if alone:
        yield (
            f"Quality of {_entries(alone)} comes from one base model, so the answer is valid for that model only: "
            "for a general answer, run with several `base.seeds`."
        )


def _entries(number: int) -> str:
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def _without_timings(found: Mapping[str, Figures], baseline: Baseline, subject: str) -> Iterator[str]:
    held = [name for name, figures in baseline.entries.items() if name in found and figures.speed is not None]
    if held and all(found[name].speed is None for name in held):
        yield (
            f"The baseline contains speed, but `{subject}` has no timings: run with `measure.latency=true`, or "
            "save the baseline with `--without speed`."
        )
