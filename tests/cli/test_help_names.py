"""Help that lists what an option takes lists all of it, and nothing else."""

import re

import click
import pytest

from prunebench.baselines.regression.tolerances import Tolerances
from prunebench.cli import cli
from prunebench.eval.runtime.backends import BACKENDS
from prunebench.harness.networks.layers import NAMED_SCOPES
from prunebench.reports.figures.gallery import WIDTHS
from prunebench.reports.figures.style.canvas import FORMATS
from prunebench.reports.tables.columns import COLUMNS
from prunebench.reports.tables.latex import PAPER


def help_of(command: str, option: str) -> str:
    found = cli
    for name in command.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), name)
    (text,) = [param.help for param in found.params if option in param.opts]
    return text


@pytest.mark.parametrize(
    ("command", "option", "names"),
    [
        ("measure", "--backends", BACKENDS),
        ("report", "--formats", FORMATS),
        ("report", "--width", WIDTHS),
        ("report", "--columns", [column.name for column in COLUMNS]),
    ],
)
def test_the_names_that_an_option_takes(command, option, names):
    text = re.sub(r"  \[.*", "", help_of(command, option))
    assert re.split(r", | or ", text.rpartition(": ")[2].rstrip(".")) == list(names)


def test_the_columns_of_latex():
    assert help_of("report", "--columns").endswith(f"in LaTeX {', '.join(PAPER)}]")


@pytest.mark.parametrize("command", ["prune", "score"])
def test_the_words_for_scopes(command):
    assert set(re.findall(r"`(\w+)`", help_of(command, "--layers"))) == set(NAMED_SCOPES)


def test_the_tolerances_of_a_baseline():
    held = Tolerances()
    allowed = {"file": held.file.relative, "speed": held.speed.relative, "quality": held.quality.map}
    told = re.findall(r"(\w+)=([\d.]+)", help_of("baseline save", "--tolerance"))
    assert {name: float(value) for name, value in told} == allowed
