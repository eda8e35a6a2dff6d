"""JSON on standard output: of a form that is written down, without nan, and alone."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from prunebench.cli.printed.outputs import PRINTED
from prunebench.cli.streams import answer
from prunebench.eval.text.json_values import defined


class OtherForm(RuntimeError):
    """What was printed does not have the form that its schema promises: a fault of this program."""


def print_json(value: Any, name: str) -> None:
    """Print a value as the output of that name.

    Args:
        value: an object, or a list of rows.
        name: of `PRINTED`.

    Raises:
        OtherForm: after printing, so that no figure is lost.
    """
    answer(json_text(value, name) + "\n")
    check_printed(value, name)


def json_text(value: Any, name: str, *, indent: int | None = 1) -> str:
    """A value as JSON with its `schema_version`; what is not a finite number is `null`.

    Args:
        value: an object, or a list of rows.
        name: of `PRINTED`.
        indent: of each level; `None` for a single line.
    """
    printed = PRINTED[name]
    if not printed.rows:
        return _text({**value, "schema_version": printed.version}, indent)
    rows = [{**row, "schema_version": printed.version} for row in value]
    if printed.lines:
        return "[" + ",\n".join(_text(row, None) for row in rows) + "]"
    return _text(rows, indent)


def check_printed(value: Any, name: str) -> None:
    """Whether a value has the form of that output.

    Raises:
        OtherForm: where it has not.
    """
    from prunebench.eval.text.strict import check_form

    form = form_named(name)
    rows = [_without_version(row) for row in (value if PRINTED[name].rows else [value])]
    text = _text(rows, None)
    try:
        check_form(json.loads(text), text, list[form])  # type: ignore[valid-type]
    except ValueError as error:
        raise OtherForm(f"The output `{name}` does not have the form of its schema: {error}.") from error


def form_named(name: str) -> Any:
    """The form of an output."""
    module, _, form = PRINTED[name].form.partition(":")
    return getattr(import_module(f"prunebench.cli.printed.{module}"), form)


def _without_version(row: Any) -> Any:
    return {key: value for key, value in row.items() if key != "schema_version"}


def _text(value: Any, indent: int | None) -> str:
    return json.dumps(defined(value), indent=indent, sort_keys=True, allow_nan=False)
