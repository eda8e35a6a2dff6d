"""The command line: thin commands over the rooms, loaded when they are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from prunebench import __version__
from prunebench.cli.lazy_group import LazyGroup
from prunebench.cli.output import say, say_sentence

VERBS = {
    "run": "prunebench.cli.sweep.run:run",
    "status": "prunebench.cli.sweep.status:status",
    "report": "prunebench.cli.sweep.report:report",
    "merge": "prunebench.cli.sweep.merge:merge",
    "archive": "prunebench.cli.sweep.archive:archive",
    "verify": "prunebench.cli.sweep.verify:verify",
    "check": "prunebench.cli.gate.check:check",
    "badge": "prunebench.cli.gate.badge:badge",
    "baseline": "prunebench.cli.gate.baseline:baseline",
    "score": "prunebench.cli.model.score:score",
    "prune": "prunebench.cli.model.prune:prune",
    "export": "prunebench.cli.model.export:export",
    "tag": "prunebench.cli.model.tag:tag",
    "measure": "prunebench.cli.model.measure:measure",
    "data": "prunebench.cli.data.group:data",
    "reproduce": "prunebench.cli.info.reproduce:reproduce",
    "list": "prunebench.cli.info.list:list_",
    "doctor": "prunebench.cli.info.doctor:doctor",
    "completion": "prunebench.cli.completing.completion:completion",
}
COMPLETES = "_PRUNEBENCH_COMPLETE"  # variable by which a shell asks what it may offer


@click.group(
    cls=LazyGroup,
    table=VERBS,
    noun="verb",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="prunebench")
def cli() -> None:
    """Compare filter-pruning criteria on audio taggers, Cnn14 by default.

    \b
    prunebench run                          the five-minute demonstration on synthetic sounds
    prunebench run standard -o RUN          a serious comparison; the same command resumes it
    prunebench report RUN                   figures, tables and one page, again
    prunebench check RUN --baseline FILE    hold compression ratios in CI
    """


def main() -> None:
    """Run the command line; bad input is one sentence and exit code 2."""
    from prunebench.cli.streams import give_up_output, prepare_streams
    from prunebench.stopping import ended_by_signals

    prepare_streams()
    with ended_by_signals():
        code = _carried_out()
    give_up_output()
    sys.exit(code if isinstance(code, int) else 0)


def _carried_out() -> object:
    """What the command returned, or the exit code of why it ended; the reason is printed."""
    from prunebench.cli.streams import flush_output
    from prunebench.stopping import stop_code

    try:
        try:
            if COMPLETES in os.environ:
                from prunebench.cli.whole_words import use_whole_words

                use_whole_words()
            _check_words(sys.argv[1:])
            code = cli.main(standalone_mode=False)
        except click.exceptions.Exit as stop:
            code = stop.exit_code
        flush_output()
    except (KeyboardInterrupt, click.Abort) as error:
        say("Stopped.", err=True)
        return stop_code(error)
    except BrokenPipeError:  # whoever read has what they wanted, as in `prunebench list | head`
        return 141
    except (click.ClickException, ValueError, OSError, MemoryError) as error:
        said = _sentence(error)
        if said is None:
            raise
        say_sentence(f"Error: {said}")
        return 2
    return code


def _sentence(error: Exception) -> str | None:
    """What is wrong and what to do, or `None` for an error that is the program's own."""
    from prunebench.eval.errors import InputError
    from prunebench.eval.files import DISK_FULL

    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this: give a smaller model, fewer clips or fewer workers."
    if not isinstance(error, OSError):
        return None
    full = error.errno in DISK_FULL
    way_out = ": free some space or raise the limit (`ulimit -f`), and repeat the command." if full else ""
    named = error.filename or ("standard output" if full else "")
    return f"{error.strerror or error}{f': {named}' * bool(named)}{way_out}"


def _check_words(words: Sequence[str]) -> None:
    """Refuse an empty value, which would be taken for none: of an unset variable of a script, say."""
    for before, word in zip(["", *words], words, strict=False):
        name = before if word == "" else word.removesuffix("=")
        given = word == "" or (word.startswith("--") and word.endswith("=") and word.count("=") == 1)
        if given and name != "--formats":  # a report without figures
            if not name.startswith("-"):
                raise click.UsageError("An argument is empty: give a value.")
            raise click.UsageError(f"The value of `{name}` is empty: give a value, or leave the option out.")
