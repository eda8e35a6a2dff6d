"""`prunebench doctor`: what this installation has, what it lacks, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from prunebench.cli.json_option import json_option
from prunebench.cli.output import say, say_text
from prunebench.cli.printed.printing import print_json

if TYPE_CHECKING:
    from prunebench.cli.info.diagnosis import Diagnosis

WIDEST_NAME = 24  # that stands before what was found


@click.command(epilog="\b\nExamples:\n  prunebench doctor\n  prunebench doctor --json")
@json_option("doctor")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Show the environment, extras, backends, plug-ins and caches, and how to get what is missing.

    Optional parts may be missing. Exit code 1: something is broken, such as a cache that cannot be written or a
    plug-in that does not load.
    """
    from prunebench.cli.info.diagnosis import BROKEN, diagnose

    findings = diagnose()
    broken = [finding for finding in findings if finding.state == BROKEN]
    if as_json:
        print_json({"broken": len(broken), "findings": [finding.to_json() for finding in findings]}, "doctor")
    else:
        _print(findings)
        say("Nothing is broken." if not broken else f"Broken: {len(broken)}.")
    ctx.exit(int(bool(broken)))


def _print(findings: Sequence[Diagnosis]) -> None:
    """A block for each part: name and what was found, below it how to get or repair it."""
    for part in dict.fromkeys(finding.part for finding in findings):
        own = [finding for finding in findings if finding.part == part]
        say(part)
        widest = max(len(finding.name) for finding in own)
        hanging = " " * (2 + min(widest, WIDEST_NAME) + 2)
        for finding in own:
            state = "" if finding.state == "ok" else f"{finding.state}: "
            name = f"  {finding.name:<{len(hanging) - 4}}  "
            if len(name) > len(hanging):  # a path on a line of its own
                say(name.rstrip())
                name = hanging
            say_text(f"{state}{finding.found}", indent=name, hanging=hanging)
            if finding.remedy:
                goal = "repair" if finding.state == "broken" else "get"
                say(f"{hanging}to {goal} it: {finding.remedy}")  # one line, which can be copied
