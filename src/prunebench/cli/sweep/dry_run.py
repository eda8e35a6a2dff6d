"""`prunebench run --dry-run`: what a configuration would run, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunebench.cli.output import print_table, say, say_text
from prunebench.eval.text.written_labels import written

UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


def print_preview(found: Mapping[str, Any]) -> None:
    """The plan of `prunebench.harness.sweep.preview` for people."""
    cells = found["cells"]
    say_text(f"{found['name']}: {cells['total']} cells, {cells['finished']} of them finished")
    print_table(
        ["cells", "", ""],
        [
            (kind, written(name), str(count))
            for kind in ("controls", "criteria", "allocations", "schedules", "sparsify")
            for name, count in cells.get(kind, {}).items()
        ],
    )
    for model in found["models"]:
        whose = (model["data"], model.get("network"))
        own = [base for base in found["bases"] if (base["data"], base.get("network")) == whose]
        seeds = dict.fromkeys(str(base["seed"]) for base in own)
        say_text(
            f"{' '.join(filter(None, whose))}: base seeds {', '.join(seeds)}; widths "
            f"{'-'.join(map(str, model['widths']))}, "
            f"{model['macs_backbone'] / 1e6:.4g} M MACs (backbone), {model['macs_with_frontend'] / 1e6:.4g} M (with "
            f"front end), {model['parameters'] / 1e3:.4g} k parameters"
        )
    several = len(found["models"]) > 1
    say("\nWhat is left of the unpruned model:")
    print_table(
        ["scope", "asked", "ratio", "MACs, backbone", "MACs, with front end", "parameters", "widths"],
        [
            (
                _where(point) if several else point["scope"],
                _asked(point),
                f"{point['ratio']:g}",
                *_shares(point),
                "-".join(map(str, point["widths"])),
            )
            for point in found["points"]
        ],
        optional=["widths"],
    )
    for point in found["points"]:
        if "limits" in point:
            say_text(f"{_where(point) if several else point['scope']}: {_limits(point)}")
    print_table(
        ["smallest shape", "allocation", "keeps", "MACs, backbone", "MACs, with front end", "parameters"],
        [
            (
                _where(floor) if several else floor["scope"],
                written(floor["allocation"]),
                floor["keeps"],
                *_shares(floor),
            )
            for floor in found["floors"]
        ],
    )
    time = found["time"]
    for each in found["features"]:
        say_text(
            f"{' '.join(filter(None, (each['data'], each.get('network'))))}: features of {each['clips']:,} clips, "
            f"{each['frames']:,} frames of {each['mels']} mels, {each['bytes'] / 1e6:,.0f} MB in the cache"
        )
    for speed in time["speeds"]:
        say_text(
            f"{' '.join(filter(None, (speed['data'], speed.get('network'))))}: a training step of "
            f"{speed['clips_a_step']} clips takes {speed['clips_a_step'] * speed['step']:.2g} s"
        )
    _say_time(time)
    takes = found["resources"]
    say_text(
        f"A worker takes up to {_bytes(takes['worker_bytes'])} of memory: {_listed(takes['of_worker'])}."
    )
    say_text(f"The cache takes {_bytes(takes['cache_bytes'])}: {_listed(takes['of_cache'])}.")
    say_text(
        f"The run folder takes up to {_bytes(takes['run_bytes'])}, before test scores are compressed: "
        f"{_listed(takes['of_run'])}."
    )
    for note in found["notes"]:
        say_text(f"Note: {note}")


def _say_time(time: Mapping[str, Any]) -> None:
    """How long the run takes, about and at most; of a finished run that nothing is left."""
    if not time["worker_seconds"]:
        say_text("Nothing is left to compute: every cell of this run is finished.")
        return
    workers = max(1, time["workers"])
    timing = ", plus the time to measure latency" if time["shapes"] else ""
    about = f"About {_duration(time['seconds'])} with {workers} worker{'s' * (workers > 1)}{timing}"
    if time.get("most_seconds", 0) > time["seconds"]:
        about += f"; at most {_duration(time['most_seconds'])}, if every training takes all its `most_steps`"
    say_text(f"{about}.")
    parts = ", ".join(f"{name} {_duration(s)}" for name, s in time["one_worker_seconds"].items() if s)
    say_text(
        f"In all {_hours(time['worker_seconds'])}: {parts}. The estimate assumes that {time['model']}, and "
        "that cells share nothing."
    )


def _where(told: Mapping[str, Any]) -> str:
    """Data set, network where it is named, and scope."""
    return " ".join(filter(None, (told["data"], told.get("network"), told["scope"])))


def _asked(point: Mapping[str, Any]) -> str:
    return "limits" if "limits" in point else f"{point['budget']} {point['asked']:g}"


def _limits(point: Mapping[str, Any]) -> str:
    """What the shape of limits costs beside each limit."""
    parts = (
        f"{reached:,.0f} of at most {limit:,.0f} {name.replace('_', ' ')}"
        for name, (limit, reached) in point["limits"].items()
    )
    return f"{', '.join(parts)} ({point['of']}), under `uniform`"


def _shares(figures: Mapping[str, Any]) -> list[str]:
    return [
        f"{100 * figures[f'{cost}_share']:.1f} %"
        for cost in ("macs_backbone", "macs_with_frontend", "parameters")
    ]


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {_bytes(size)}" for name, size in sizes.items() if size)


def _bytes(size: float) -> str:
    """`12 kB`, `3.4 MB`, `1,234 GB`."""
    unit = next((u for u in ("kB", "MB") if size < UNITS[u] * 999.5), "GB")
    found = size / UNITS[unit]
    return f"{found:.3g} {unit}" if found < 999.5 else f"{found:,.0f} {unit}"


def _hours(seconds: float) -> str:
    """`1,836 worker-hours`."""
    hours = seconds / 3600
    return f"{hours:,.0f} worker-hours" if hours >= 10 else f"{hours:.2g} worker-hours"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
