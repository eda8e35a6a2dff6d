"""`prunebench list`: what there is to choose from."""

from __future__ import annotations

import click

from prunebench.cli.output import print_json, print_table

KINDS = ("pruners", "datasets", "presets", "baselines")


@click.command("list", epilog="\b\nExample:\n  prunebench list pruners")
@click.argument("kind", metavar="|".join(KINDS), type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(kind: str, as_json: bool) -> None:
    """List pruners, data sets, presets or baselines."""
    rows = {"pruners": _pruners, "datasets": _datasets, "presets": _presets, "baselines": _baselines}[kind]()
    if as_json:
        print_json(rows)
    else:
        headings = list(rows[0]) if rows else [kind]
        print_table(headings, [[str(row[heading]) for heading in headings] for row in rows])


def _pruners() -> list[dict[str, str]]:
    from prunebench.pruners.registry import BUILTIN

    return [
        {
            "name": name,
            "criterion": _first_line(cls),
            "reference": cls.reference,
            "needs": ", ".join(sorted(cls.needs)),
            "note": "released code, departures included" if cls.released else "",
        }
        for name, cls in BUILTIN.items()
    ]


def _datasets() -> list[dict[str, str]]:
    from prunebench.harness.data import DESCRIPTIONS

    return [{"name": name, "what": what} for name, what in DESCRIPTIONS.items()]


def _presets() -> list[dict[str, str]]:
    from prunebench.harness.config import PRESETS, preset_text

    return [{"name": name, "what": preset_text(name).splitlines()[0].lstrip("# ")} for name in PRESETS]


def _baselines() -> list[dict[str, str]]:
    from prunebench.baselines import committed_baselines

    return [{"name": name, "file": str(path)} for name, path in committed_baselines().items()]


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]
