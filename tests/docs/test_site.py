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


def test_every_page_has_its_place_in_the_book():
    yaml = pytest.importorskip("yaml")

    class Loose(yaml.SafeLoader):
        """Reads tags of Python as nothing."""

    Loose.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)
    nav = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=Loose)["nav"]
    named = re.findall(r"[\w/-]+\.md", str(nav))
    there = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    left_out = there - set(named)  # the pages of archived runs, which the page of results links
    assert all(re.fullmatch(r"results/[\w-]+\.md", name) for name in left_out)
    assert sorted(named) == sorted(there - left_out)
    parts = [next(iter(part)) for part in nav]
    assert parts[:3] == ["Home", "Start", "Four questions"]
    assert parts[-3:] == ["Reference", "How it works", "Results"]


def test_every_page_begins_with_what_the_reader_can_do_after_it():
    computed = ROOT / "docs" / "results"  # from archives, with the answer of the report at the top
    for page in set((ROOT / "docs").rglob("*.md")) - set(computed.glob("*.md")):
        first = page.read_text(encoding="utf-8").split("\n\n")[1]
        assert "After this page" in first or page.name == "index.md", page.name
