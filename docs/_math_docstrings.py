"""Extension of the API pages: formulas of docstrings, in Sphinx's words, as pages write them.

Done before Markdown reads a docstring, to which `_` and `*` in a formula are emphasis.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_BLOCK = re.compile(r"^\.\. math::\s*((?:[^\n]+\n?)+)", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]+)`")


class Formulas(griffe.Extension):
    """Rewrites `.. math::` and `:math:` in every docstring that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = formulas(obj.docstring.value)


def formulas(text: str) -> str:
    r"""The docstring with `\(…\)` and `\[…\]` in place of Sphinx's directives."""
    text = _BLOCK.sub(lambda found: f"\\[{' '.join(found[1].split())}\\]\n", text)
    return _INLINE.sub(lambda found: f"\\({' '.join(found[1].split())}\\)", text)
