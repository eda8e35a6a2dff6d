"""`prunebench list`: what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from prunebench.cli.choice import Choice
from prunebench.cli.figure_names import size_text
from prunebench.cli.info.base_list import listed_bases
from prunebench.cli.info.measure_list import print_measures
from prunebench.cli.info.network_list import listed_networks
from prunebench.cli.json_option import json_option
from prunebench.cli.output import print_table
from prunebench.cli.printed.printing import print_json
from prunebench.eval.errors import InputError
from prunebench.eval.text.citations import paper

if TYPE_CHECKING:
    from prunebench.pruners.contract import Pruner

KINDS = {
    "pruners": "pruning criteria, built in and installed",
    "networks": "networks that can be pruned",
    "bases": "frozen base models that are installed",
    "measures": "measures of quality and cost",
    "datasets": "data sets",
    "presets": "configurations that `prunebench run` knows by name",
    "baselines": "committed baselines for `prunebench check`",
    "published": "published taggers, with mAP and cost",
}
PRUNER_COLUMNS = ("name", "family", "looks at", "paper", "needs", "criterion", "reference", "note")
SOURCE = "source of "  # columns of sentences, which only JSON has
OPTIONAL = {  # columns that a narrow terminal does without
    "bases": ("network", "from", "bytes"),
    "published": ("parameters, M", "MACs, backbone, G", "digitised"),
}
LONG = {  # columns that `--long` and JSON have, so that a table fits 80
    "pruners": ("needs", "criterion", "reference", "note"),
    "networks": ("parameters", "reference"),
    "baselines": ("file",),
}


@click.command(
    "list",
    epilog="\b\nExamples:\n  prunebench list pruners\n  prunebench list pruners --long\n"
    "  prunebench list networks --json",
)
@click.argument("kind", metavar="|".join(KINDS), type=Choice(tuple(KINDS)), required=False)
@click.option("--long", is_flag=True, help="Show all columns, with definitions and notes.")
@json_option("list", *(f"list-{kind}" for kind in KINDS))
def list_(kind: str | None, long: bool, as_json: bool) -> None:
    """List everything of one kind; without a kind, list the kinds."""
    rows = _kinds() if kind is None else _rows(kind)
    if as_json:
        print_json(rows, "list" if kind is None else f"list-{kind}")
    elif kind == "measures":
        print_measures(rows)
    else:
        shown = [name for name in rows[0] if _is_shown(name, rows)] if rows else [str(kind)]
        headings = [name for name in shown if long or name not in LONG.get(kind or "", ())]
        print_table(
            headings,
            [[_written(heading, row[heading]) for heading in headings] for row in rows],
            names=True,
            optional=OPTIONAL.get(kind or "", ()),
        )


def _kinds() -> list[dict[str, Any]]:
    return [{"command": f"prunebench list {kind}", "what": what} for kind, what in KINDS.items()]


def _rows(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = {
        "pruners": _pruners,
        "networks": listed_networks,
        "bases": listed_bases,
        "measures": _measures,
        "datasets": _datasets,
        "presets": _presets,
        "baselines": _baselines,
        "published": _published,
    }[kind]()
    return found


def _is_shown(name: str, rows: list[dict[str, Any]]) -> bool:
    return any(row[name] not in ("", None) for row in rows) and not name.startswith(SOURCE)


def _pruners() -> list[dict[str, str]]:
    from prunebench.pruners.plugins import family_names, family_of, load_plugin, plugin_names
    from prunebench.pruners.registry import BUILTIN

    rows = [_pruner(cls) for cls in BUILTIN.values()]
    for name in plugin_names():
        try:
            if name in BUILTIN:
                raise ValueError(
                    f"An installed plug-in defines pruner `{name}`, which is also the name of a "
                    f"built-in pruner."
                )
            rows.append(_pruner(load_plugin(name)))
        except ValueError as error:
            rows.append(_missing(name, error))
    for family in family_names():
        try:
            rows += [_pruner(cls) for cls in family_of(f"{family}:").values()]
        except ValueError as error:
            rows.append(_missing(f"{family}:", error))
    return rows


def _missing(name: str, why: ValueError) -> dict[str, str]:
    return dict.fromkeys(PRUNER_COLUMNS, "") | {
        "name": name,
        "looks at": "missing",
        "note": f"missing: {why}",
    }


def _pruner(cls: type[Pruner]) -> dict[str, str]:
    notes = ["released code, departures included"] if cls.released else []
    notes += ["chooses how many filters to remove; takes no ratio"] if cls.own_budget else []
    notes += ["sees whole groups"] if cls.whole_group else []
    return {
        "name": cls.name,
        "family": object.__new__(cls).family,
        "looks at": _looks_at(cls),
        "paper": paper(cls.reference),
        "needs": ", ".join(sorted(cls.needs)),
        "criterion": _first_line(cls),
        "reference": cls.reference,
        "note": "; ".join(notes),
    }


def _looks_at(cls: type[Pruner]) -> str:
    from prunebench.pruners.contract import COLLECTED, LABELLED

    if cls.needs & LABELLED:
        return "clips, labels"
    if cls.needs & COLLECTED:
        return "clips"
    return "nothing" if object.__new__(cls).family == "control" else "weights"


def _measures() -> list[dict[str, str]]:
    from prunebench.eval.measures.measure_registry import installed_measures

    measures, missing = installed_measures()
    rows = [
        {
            "name": measure.name,
            "what": measure.title,
            "unit": measure.unit,
            "better": measure.better,
            "bounds": "[{}, {}]".format(*("…" if end is None else f"{end:g}" for end in measure.bounds)),
            "cost": measure.cost,
            "note": "",
        }
        for measure in measures
    ]
    empty = dict.fromkeys(("what", "unit", "better", "bounds", "cost"), "")
    return rows + [{"name": name, **empty, "note": f"missing: {why}"} for name, why in missing.items()]


def _datasets() -> list[dict[str, str]]:
    from prunebench.harness.data import DESCRIPTIONS
    from prunebench.harness.data.plugins.dataset_registry import builder_class, claimed_names, installed_sets

    rows = dict(DESCRIPTIONS)
    for name in installed_sets():
        try:
            cls = builder_class(name)
            rows[name] = _first_line(cls).rstrip(".") + ("; needs data.root" if cls.holds else "")
        except InputError as error:
            rows[name] = f"missing: {error}"
    found = [{"name": name, "what": what} for name, what in rows.items()]
    return found + [{"name": name, "what": f"missing: {why}"} for name, why in claimed_names().items()]


def _presets() -> list[dict[str, str]]:
    from prunebench.harness.config.preset_files import PRESETS, preset_text

    return [{"name": name, "what": preset_text(name).splitlines()[0].lstrip("# ")} for name in PRESETS]


def _baselines() -> list[dict[str, str]]:
    from prunebench.baselines import committed_baselines

    return [{"name": name, "file": str(path)} for name, path in committed_baselines().items()]


def _published() -> list[dict[str, str]]:
    from prunebench.baselines import published_points

    def counted(value: int | None, unit: float) -> str:
        return "" if value is None else f"{value / unit:.2f}"

    return [
        {
            "name": point.model,
            "mAP": f"{point.map:.3f}",
            "parameters, M": counted(point.parameters, 1e6),
            "MACs, backbone, G": counted(point.backbone_macs, 1e9),
            "MACs, with front end, G": counted(point.macs_with_frontend, 1e9),
            "digitised": "yes" if point.digitised else "",
            "source of mAP": point.map_source,
            "source of costs": point.compute_source,
        }
        for point in published_points()
    ]


def _written(heading: str, value: object) -> str:
    """A cell, with its unit."""
    if value in (None, ""):
        return ""
    if heading == "sample rate":
        return f"{int(str(value)) / 1000:g} kHz"
    return size_text(int(str(value))) if heading == "bytes" else str(value)


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]
