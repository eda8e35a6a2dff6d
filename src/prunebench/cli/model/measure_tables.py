"""What `prunebench measure` found, as tables."""

from __future__ import annotations

import math
from typing import Any

from prunebench.cli.figure_names import figure_name, figure_text
from prunebench.cli.output import print_table, say_text
from prunebench.eval.text.timings_said import RATIO_SAID
from prunebench.eval.text.written_labels import written

NESTED = (
    "counters",
    "energy",
    "front_end",
    "latency",
    "memory",
    "provenance",
    "quality",
    "storage",
    "unmeasured",
)


def print_measured(found: dict[str, Any]) -> None:
    """Figures, then a table for each of what else was asked for."""
    plain = {key: value for key, value in found.items() if key not in NESTED}
    _print_figures("figure", in_rows(plain))
    say_text(_heard_through(found["front_end"]))
    for key in ("unmeasured", "storage", "memory", "energy"):
        if key in found:
            _print_figures(key, found[key])
    for step in found.get("provenance", ()):
        settings = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in step["settings"].items())
        parent = f", from the file with SHA-256 {step['parent'][:16]}…" if step["parent"] else ""
        say_text(
            f"{step['how']} ({written(settings) or 'as it was'}) by prunebench {step['version']}{parent}"
        )
    if "counters" in found:
        _print_counters(found["counters"])
    if "latency" in found:
        _print_latency(found["latency"])
    if "quality" in found:
        print_table(
            ["backend", "figure", "value"],
            [
                [name, key, _written(value)]
                for name, row in found["quality"].items()
                for key, value in row.items()
            ],
        )


def _print_figures(heading: str, figures: dict[str, Any]) -> None:
    rows = [[figure_name(key), figure_text(key, value)] for key, value in figures.items()]
    print_table([heading, "value"], rows)


def in_rows(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures with a row for the filters of each group, where groups have names of their own."""
    widths = figures["widths"]
    if not isinstance(widths, dict):
        return figures
    rows = {f"filters of {name}": filters for name, filters in widths.items()}
    return rows | {name: value for name, value in figures.items() if name != "widths"}


def _print_latency(found: dict[str, Any]) -> None:
    timed = {name: row for name, row in found["backends"].items() if "failed" not in row}
    compared = any("speed_up" in row for row in timed.values())
    headings = ["backend", "median, ms", "quartiles", "clips/s"]
    headings += ["ratio", "95 %", "speed-up", "speed-up × MACs ratio"] if compared else []
    rows = []
    for name, row in timed.items():
        line = [name, f"{row['median_ms']:.4g}", f"{row['q1_ms']:.4g}–{row['q3_ms']:.4g}"]
        line.append(f"{row['clips_per_second']:.4g}")
        if compared:
            known = math.exp(row["precision"])
            line += [f"{row['ratio']:.3f}", f"{row['ratio'] / known:.3f}–{row['ratio'] * known:.3f}"]
            line += [f"{row['speed_up']:.2f}", f"{row['speed_up_over_macs_ratio']:.2f}"]
        rows.append(line)
    threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
    say_text(f"Latency for a clip of 10 s, from features, {threads}, batch {found['batch']}:")
    if rows:
        print_table(headings, rows)
    if "warning" in found:
        say_text(found["warning"])
    for name, row in found["backends"].items():
        for said in filter(None, (row.get("failed"), row.get("warning"), row.get("note"))):
            say_text(f"{name}: {said}")
    if compared:
        say_text(f"MACs ratio, backbone: {found['macs_ratio']:.4f}")
        say_text(RATIO_SAID)


def _print_counters(found: dict[str, Any]) -> None:
    names = list(found["totals"])
    rows = [
        [layer, *(_millions(counts[name]["macs"]) for name in names)]
        for layer, counts in found["layers"].items()
    ]
    for key, label in (("macs_backbone", "backbone"), ("macs_with_frontend", "with front end")):
        rows.append([label, *(_millions(found["totals"][name][key]) for name in names)])
    print_table(["MACs, M per 10 s clip", *names], rows)
    names = [name for name in names if found["totals"][name]["parameters"] is not None]
    rows = [
        [layer, *(f"{counts[name]['parameters']:,}" for name in names)]
        for layer, counts in found["layers"].items()
    ]
    rows.append(["total", *(f"{found['totals'][name]['parameters']:,}" for name in names)])
    print_table(["parameters", *names], rows)
    for name, convention in found["convention"].items():
        say_text(f"{name}: {convention}")
    for name, why in found.get("missing", {}).items():
        say_text(f"{name}: absent. {why}")
    alone = found["fvcore_convolutions_and_linear"]
    if alone["backbone"] is not None:
        say_text(
            f"Only convolutions and linear layers, counted by fvcore, in M: {_millions(alone['backbone'])} "
            f"backbone, {_millions(alone['with_frontend'])} with front end."
        )
    if "panns_flops" in found:
        say_text(f"By PANNs' own count: {found['panns_flops'] / 1e9:.3f} GFLOPs, waveform in.")


def _heard_through(front: dict[str, Any]) -> str:
    samples = f"window {front['window']:,}, hop {front['hop']:,}"
    heard = f"Front end: {front['sample_rate']:,} Hz, {samples}, {front['mels']} mels; "
    if front["counted_as"] is None:
        return f"{heard}it does not state its MACs."
    return f"{heard}MACs counted as `{front['counted_as']}`, {_millions(front['macs'])} M per 10 s clip."


def _millions(count: int | None) -> str:
    return "–" if count is None else f"{count / 1e6:,.3f}"


def _written(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
