"""Hook of the site: the definitions of the criteria, where a page asks for them.

`<!-- definitions -->` with what stands up to `<!-- end -->`, for readers of a clone, becomes the docstring of every
built-in criterion. So nothing is written twice.
"""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its marks replaced."""
    return re.sub(r"<!-- definitions -->.*?<!-- end -->", lambda _: definitions(), markdown, flags=re.DOTALL)


def definitions() -> str:
    """A heading and the docstring for each built-in criterion, as mkdocstrings is asked for them."""
    from prunebench.pruners import BUILTIN

    chosen = ("show_root_heading", "show_root_toc_entry", "show_bases", "members")
    options = "    options:\n" + "".join(f"      {option}: false\n" for option in chosen)
    return "\n".join(
        f"### {name}{' †' if cls.released else ''}\n\n::: {cls.__module__}.{cls.__qualname__}\n{options}"
        for name, cls in BUILTIN.items()
    )
