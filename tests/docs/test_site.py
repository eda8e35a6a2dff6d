"""The site is built without a warning and its formulas are drawn; `tox -e docs`."""

import re
from pathlib import Path

import pytest

from prunebench.pruners import BUILTIN

ROOT = Path(__file__).parents[2]


@pytest.mark.docs
@pytest.mark.filterwarnings("default")  # of mkdocs' own parts
def test_the_site_is_built_and_every_formula_is_drawn(tmp_path, monkeypatch):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    monkeypatch.chdir(ROOT)
    build(load_config("mkdocs.yml", site_dir=str(tmp_path), strict=True))
    pages = {
        page.relative_to(tmp_path).as_posix(): page.read_text("utf-8") for page in tmp_path.rglob("*.html")
    }
    for name, text in pages.items():
        shown = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
        assert not re.search(r"arithmatex|\.\. math::|:math:", shown), name
    defined = pages["criteria.html"]
    assert all(f">{name}" in defined for name in BUILTIN)
    assert defined.count("<math") > len(BUILTIN)
    assert "<math" in pages["measures.html"]
