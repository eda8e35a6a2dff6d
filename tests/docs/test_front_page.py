"""The tables, the headline and the address on the front page are those of the code and of the project's own runs."""

import dataclasses
import importlib.util
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from prunebench.reports import make_report

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK = ROOT / "examples" / "results" / "quick"
FILLED = ("README.md", "pyproject.toml", "CITATION.cff", "mkdocs.yml")


@pytest.fixture(scope="module", autouse=True)
def scripts_find_each_other():
    """As when they are run: their folder is the first of the path."""
    before = set(sys.modules)
    sys.path.insert(0, str(ROOT / "docs"))
    yield
    sys.path.remove(str(ROOT / "docs"))
    for name in set(sys.modules) - before:
        if name.startswith("_results"):
            del sys.modules[name]


def load(name):
    """A script of `docs/` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def quick():
    """The report of the archived run `quick`."""
    return make_report([QUICK])


@pytest.fixture(scope="module")
def converged():
    """The report of the archived run `synth-converged`."""
    return make_report([QUICK.with_name("synth-converged")])


def test_the_tables_of_criteria_and_networks_are_what_is_there():
    for path, text in load("_tables").pages().items():
        assert path.read_text(encoding="utf-8") == text, f"`python docs/_tables.py` writes {path.name} again"


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="Found it 0 times"):
        load("_tables").with_table("# A page\n", "networks", "| a |")


def test_the_table_of_quick_is_that_of_the_archived_run(quick):
    shown = re.search(r"<!-- quick -->\n(.*?)<!-- end -->", README, re.DOTALL)[1]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown.splitlines()[2:]]
    means = {(row.label.strip(" †"), row.ratio): row.map_mean for row in quick.rows}
    assert [row[0].strip("` †") for row in rows[:1]] == ["random"]
    assert len(rows) == 6
    for name, *cells in rows:
        for ratio, cell in zip((0.25, 0.5, 0.75), cells, strict=True):
            mean = means[name.strip("` †"), ratio]
            assert f"{mean:.3f}" == cell.split()[0]
            if "(" in cell:
                gap = mean - means["random", ratio]
                assert float(cell.split("(")[1].split()[0].replace("−", "-")) == pytest.approx(gap, abs=6e-4)


def test_the_costs_of_quick_on_the_first_page_are_those_of_the_archived_run(quick):
    page = " ".join((ROOT / "docs" / "start.md").read_text(encoding="utf-8").split())
    rows = {row.ratio: row for row in quick.rows if row.label == "l1"}
    for cost, words in (("macs_backbone", "of the MACs"), ("parameters", "of the parameters")):
        shares = [100 * getattr(rows[ratio], f"{cost}_relative") for ratio in (0.25, 0.5, 0.75)]
        assert "{:.0f}, {:.0f} and {:.0f} % {}".format(*shares, words) in page


def test_the_headline_is_that_of_the_archived_run():
    for path, text in load("_headline").pages().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"`python docs/_headline.py` writes {path.name} again"
        )
        assert "A ranking after a short fine-tuning" in text


def test_the_headline_and_the_table_of_results_have_the_same_numbers(converged):
    page = (ROOT / "docs" / "results" / "synth-converged.md").read_text(encoding="utf-8")
    page = page.replace("\u00a0", " ")
    last, first = re.split(r"\n\n(?=synth )", page.split("## At each ratio")[1].split("\n## ")[0])[1:]
    found = load("_headline").at_the_widest_gap(converged.rows)
    text = " ".join(load("_headline").headline(converged.rows).split())
    (ratio,) = {f"{row.ratio:.0%}".replace("%", " %") for ones in found.values() for row in ones.values()}
    assert f"With {ratio} of the filters" in text.replace("\u00a0", " ")
    for length, ones in found.items():
        table = last if length == "converged" else first
        titles = [cell.strip() for cell in re.search(r"^\| criterion .*", table, re.MULTILINE)[0].split("|")]
        for label, row in ones.items():
            cells = re.search(rf"^\| `{re.escape(label)}` .*", table, re.MULTILINE)[0].split("|")
            gap = cells[titles.index(f"mAP at {ratio}")].split("(")[1]
            assert float(gap.split()[0].strip(")").replace("−", "-")) == pytest.approx(
                row.difference, abs=6e-4
            )
            assert ("≈" in gap) is bool(row.like_random)
    assert len(found) == 2


def test_another_result_gives_another_headline(converged):
    script = load("_headline")
    found = script.at_the_widest_gap(converged.rows)
    lowest = min(found[script.CONVERGED].values(), key=lambda row: row.difference)
    other = dataclasses.replace(lowest, difference=lowest.difference - 1)
    again = script.headline([other if row is lowest else row for row in converged.rows])
    left = re.compile(r"until they converge, it is (\d\.\d+) mAP below")
    found = [
        float(left.search(" ".join(text.split()))[1]) for text in (script.headline(converged.rows), again)
    ]
    assert found == [round(-lowest.difference, 3), round(1 - lowest.difference, 3)]


@pytest.fixture(scope="module")
def claims():
    return load("_headline").claims()


def test_the_figure_of_the_headline_shows_the_claims_that_its_first_sentences_count(claims):
    page = (ROOT / "docs" / "results" / "index.md").read_text(encoding="utf-8")
    sentence = " ".join(page.split("| run |")[0].split())
    bars = [bar for claim in claims for bar in claim.bars.values()]
    better, worse = (sum(bar.differs and (bar.mean > 0) is up for bar in bars) for up in (True, False))
    assert re.search(rf"\b{better or 'none'} finds? the criterion better", sentence)
    assert re.search(rf"\band {worse or 'none'} finds? it worse\.", sentence)
    for claim in claims:
        below = [name for name, bar in claim.bars.items() if bar.differs and bar.mean < 0]
        above = [name for name, bar in claim.bars.items() if bar.differs and bar.mean > 0]
        assert f"{len(above)} of " in sentence
        assert all(f"`{name}`" in sentence for name in below if len(below) <= 5)
        for bar in claim.bars.values():
            assert bar.low < bar.mean < bar.high


def test_its_rows_are_the_criteria_that_differ_and_those_of_two_claims_each_once(claims, tmp_path):
    script = load("_headline_figure")
    one = {"a": script.Bar(0.1, 0.0, 0.2, True), "b": script.Bar(-0.1, -0.2, 0.0, False)}
    other = {"c": script.Bar(0.0, -0.1, 0.1, False), "d": one["a"], **one}
    two = [script.Claim("one", 5, {**one, "d": one["a"]}), script.Claim("other", 5, other)]
    assert list(script.rows_of(two)) == ["b", "a = d"]
    lower = script.Bar(-0.9, -1.0, -0.8, True)
    third = script.Claim("third", 5, {"a": lower, "d": lower, "e": lower})
    assert script.rows_of([*two, third]) == {
        "e": [None, None, lower],  # which differs from random, in one claim alone
        "b": [one["b"]] * 2 + [None],
        "a = d": [one["a"]] * 2 + [lower],
    }
    assert list(script.rows_of([third])) == ["a = d = e"]
    script.draw(claims, tmp_path / "headline.png")
    assert (tmp_path / "headline.png").stat().st_size > 10_000


def address_of(root):
    """Where README, package, citation and site say that the repository is; `None` where they do not."""
    yaml = pytest.importorskip("yaml")
    readme, package, citation, site = ((root / name).read_text(encoding="utf-8") for name in FILLED)
    urls = tomllib.loads(package)["project"].get("urls", {})
    (cloned,) = re.findall(r"^git clone (\S+) prunebench", readme, re.MULTILINE)
    of_site = re.search(r"^repo_url: (\S+)$", site, re.MULTILINE)
    cited = yaml.safe_load(citation).get("repository-code")
    return cloned, urls.get("Repository"), cited, of_site[1] if of_site else None


def test_the_address_is_the_same_everywhere_or_a_placeholder_in_one_place():
    found = address_of(ROOT)
    assert len(set(found)) == 1 or found == (load("_address").PLACEHOLDER, None, None, None)


def test_a_release_fills_the_address_in(tmp_path):
    script = load("_address")
    for name in FILLED:
        shutil.copy(ROOT / name, tmp_path)
    if address_of(ROOT)[1]:
        pytest.skip("this clone has its address")
    address = "https://example.org/audio/prunebench"
    script.write(address, tmp_path)
    assert set(address_of(tmp_path)) == {address}
    with pytest.raises(ValueError, match="already filled in"):
        script.write(address, tmp_path)


@pytest.mark.parametrize("wrong", ["prunebench", "https://example.org", "https://example.org/a b"])
def test_what_is_no_address_changes_nothing(wrong, tmp_path):
    script = load("_address")
    for name in FILLED:
        shutil.copy(ROOT / name, tmp_path)
    with pytest.raises(ValueError, match="is no address"):
        script.write(wrong, tmp_path)
    assert all((tmp_path / name).read_bytes() == (ROOT / name).read_bytes() for name in FILLED)
