"""`prunebench doctor`: what this installation has, what it lacks, and how to get it."""

from __future__ import annotations

import click

from prunebench.cli.output import print_json, print_table, say

COLUMNS = ("part", "name", "state", "found", "remedy")


@click.command(epilog="\b\nExamples:\n  prunebench doctor\n  prunebench doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what there is: environment, extras, backends, plug-ins, caches, and how to get what is missing.

    Optional parts may be missing; exit code 1 if something is broken: a cache that cannot be written, a plug-in
    that does not load.
    """
    from prunebench.cli.info.diagnosis import BROKEN, diagnose

    findings = diagnose()
    broken = [finding for finding in findings if finding.state == BROKEN]
    if as_json:
        print_json({"broken": len(broken), "findings": [finding.to_json() for finding in findings]})
    else:
        print_table(COLUMNS, [finding.as_row() for finding in findings])
        say("Nothing is broken." if not broken else f"Broken: {len(broken)}.")
    ctx.exit(int(bool(broken)))
