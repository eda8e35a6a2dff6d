"""Every archived run under `examples/results` is read and reported, and the pages of results hold what it gives."""

import lzma
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.contents import config_table, curves_of, measure_rows, planned_cells, removed_filters
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import load_records
from prunebench.eval.run.shape_line import load_shapes
from prunebench.harness.config.source import text_of
from prunebench.harness.sweep.archive import archive_run
from prunebench.pruners import BUILTIN
from prunebench.reports import make_report

ROOT = Path(__file__).parents[2]
RESULTS, DOCS = ROOT / "examples" / "results", ROOT / "docs"
ARCHIVES = sorted(path.parent for path in RESULTS.glob("*/environment.json"))
AGAIN = "`python docs/_results.py` writes the pages again"


@pytest.fixture(scope="module")
def script():
    """`docs/_results.py` as a module; a report of each archive is made once, for all tests here."""
    before = set(sys.modules)
    sys.path.insert(0, str(DOCS))
    try:
        import _results

        yield _results
    finally:
        sys.path.remove(str(DOCS))
        for name in set(sys.modules) - before:
            if name.startswith("_results"):
                del sys.modules[name]


def test_there_is_one():
    assert "quick" in {folder.name for folder in ARCHIVES}


@pytest.mark.parametrize("folder", ARCHIVES, ids=lambda folder: folder.name)
def test_an_archived_run_is_read_and_reported(folder, script):
    assert is_archive(folder)
    files = RunFiles(folder)
    records = load_records(folder)
    done = [record for record in records if record.status == "done"]
    assert {record.cell for record in records} <= set(planned_cells(files))
    assert config_table(files)["name"] in text_of(str(files.config))
    assert measure_rows(files)
    load_shapes(folder)
    curves_of(files)
    assert removed_filters(files, {record.outcome for record in done})
    report = script.report_of(folder)
    assert report.rows
    assert not any("no per-clip test scores" in sentence for sentence in report.missing)
    assert report.scores.clips(done[0].data) is not None
    assert all(report.scores.precision(record) is not None for record in done)


def test_every_criterion_is_in_an_archived_run(script):
    tried = {r.criterion for folder in ARCHIVES for r in load_records(folder) if r.status == "done"}
    assert set(BUILTIN) <= tried


@pytest.mark.parametrize("folder", ARCHIVES, ids=lambda folder: folder.name)
def test_an_archived_run_names_no_place_of_a_machine(folder):
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".npz":  # of packed numbers some spell a place by chance
            with np.load(path) as arrays:
                words = [name.encode() for name in arrays.files]
                words += [
                    arrays[name].astype("U").tobytes()
                    for name in arrays.files
                    if arrays[name].dtype.kind in "US"
                ]
            text = b"".join(words).replace(b"\0", b"")
        else:
            text = lzma.decompress(content) if path.suffix == ".xz" else content
        assert not any(place in text for place in (b"/home/", b"/root/", b"/tmp/", b"/work/", b"C:\\")), path


def test_the_pages_hold_the_tables_and_sentences_of_the_archives(script):
    pages = dict(script.pages())
    assert {path.name for path in pages} == {
        "epanns.md",
        "index.md",
        "gallery.md",
        *(f"{folder.name}.md" for folder in ARCHIVES),
    }
    assert ", ," not in pages[DOCS / "results" / "index.md"]  # of a run without a panel
    for path, text in pages.items():
        assert path.is_file(), f"{path.name} is not there: {AGAIN}"
        assert path.read_text(encoding="utf-8") == text, f"{path.name} differs: {AGAIN}"
    assert {path.name for path in (DOCS / "results").glob("*.md")} == {path.name for path in pages} - {
        "epanns.md"
    } | {"submit.md"}


def test_figures_of_the_pages_are_there_and_light(script):
    shown = {
        (path.parent / name).resolve()
        for path, text in script.pages()
        if path.parent.name == "results"
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    }
    assert shown
    there = set((DOCS / "results" / "figures").resolve().glob("*.png"))
    assert there == shown, "a figure of an archive that is gone, or none of one that is there"
    assert max(path.stat().st_size for path in there) < 150_000


def test_the_gallery_shows_each_kind_of_figure_once_from_the_run_that_carries_most(script):
    page = (DOCS / "results" / "gallery.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\(figures/(\w[\w.-]*?)--(\w+)\.png\)", page)
    kinds = [script.kind_of(name) for _, name in shown]
    assert len(kinds) == len(set(kinds)) > 5
    assert {"map_vs_macs", "ranking_at_equal_macs", "agreement", "class_changes"} <= set(kinds)
    can = {"a": ["map_vs_macs"], "b": ["map_vs_macs", "agreement"], "c": ["agreement", "speed_up"]}
    assert script.kinds_to_draw(can, ["a", "b", "c"]) == {"a": [], "b": ["agreement"], "c": ["speed_up"]}
    names = ("map_vs_macs", "map_vs_macs_2", "map_vs_macs_over_networks_1", "map_vs_latency", "unknown")
    kinds = ["map_vs_macs", "map_vs_macs", "map_vs_macs_over_networks", "map_vs_", ""]
    assert [script.kind_of(name) for name in names] == kinds


@pytest.fixture
def claim(new_maker, tmp_path):
    """An archive of six base models, two lengths, five ratios and shapes from scratch; `l1` is best by far."""
    folder = tmp_path / "full"
    folder.mkdir()
    maker = new_maker(folder, clips=60).config(name="full", claim=True)
    (folder / "config.toml").write_text(
        'name = "full"\nclaim = true\n[data]\nname = "synth"\n[model]\nwidth = 0.125\n[finetune]\nsteps = 60\n'
    )
    criteria = {"l1": 0.1, "hrank": 1.8, "random": 0.9}
    maker.grid(
        criteria=criteria,
        bases=tuple(range(6)),
        seeds=(0,),
        ratios=(0.1, 0.25, 0.5, 0.75, 0.9),
        latency=False,
    )
    for base in range(6):
        maker.cell(
            signal=1.0,
            noise=base,
            control="scratch",
            base_seed=base,
            ratio=0.5,
            scope="C7-C12",
            finetune_scope="tail",
        )
    maker.two_lengths().write()
    (folder / "plan.json").write_text("[" + ", ".join(f'"{r.cell}"' for r in maker.records) + "]")
    return archive_run(folder, tmp_path / "claim").folder


def test_the_index_says_first_what_runs_that_claim_show(script, claim):
    report = make_report([claim])
    page = " ".join(
        script.index_page({"claim": report, "quick": script.report_of(RESULTS / "quick")}).split()
    )
    assert report.standing == ""
    headline = page.partition("-->")[2].partition(". ")[0].strip()
    assert headline == (
        "Of 4 comparisons of a criterion with filters chosen at random, 2 find the criterion better (`l1` after "
        "convergence on synthetic sounds, by 0.139 mAP; `l1` after 60 steps of fine-tuning on synthetic sounds, by "
        "0.083 mAP) and 2 find it worse"
    )
    assert (
        " After convergence, 1 of 2 criteria is better than `random` (`l1`) and 1 is worse (`hrank`) on synthetic "
        "sounds; after 60 steps of fine-tuning, 1 of 2 criteria is better than `random` (`l1`) and 1 is worse "
        "(`hrank`) on synthetic sounds. | run |" in page
    )
    assert "**Short and converged fine-tuning**, [`claim`](claim.md): " in page
    assert (
        "**Training from scratch**, [`claim`](claim.md), after convergence: 2 of 3 means (a criterion "
        "or random at a ratio) are "
        "better than the same shape trained from scratch, and 0 are worse (Holm at each ratio, 5 %)" in page
    )
    assert "A criterion is first only in `l1` in [`claim`](claim.md) after convergence" in page
    assert "In all other comparisons, several criteria are not distinguishable from the best" in page
    assert "Demonstration, no claim: `quick`." in page
    assert "`claim` after 60 steps" in page


def test_the_index_leaves_out_lines_whose_archives_are_not_there(script):
    alone = script.index_page({"quick": script.report_of(RESULTS / "quick")})
    assert "No run here makes a claim. At equal MACs, 0 of 5 criteria are better than `random`" in " ".join(
        alone.split()
    )
    for line in (
        "Synthetic sounds and recordings",
        "Short and converged",
        "Training from scratch",
        "Cnn14 and other",
        "nan",
    ):
        assert line not in alone
    nothing = script.index_page({})
    assert "No run here compares criteria with `random` at equal MACs." in nothing
    assert "|" not in nothing


def ranked_run(means, *, told=(), length="after 60 steps", width=0.125, claim=True):
    """What the table of orders reads of one run: criteria with their means, and those that differ from random."""
    rows = [SimpleNamespace(label=label, mean=mean, from_random=mean - 0.5) for label, mean in means.items()]
    panel = SimpleNamespace(network="cnn14", data="synth", filters_of="C7–C12", finetune_scope="tail")
    return SimpleNamespace(
        name="run",
        link="[`run`](run.md)",
        length=length,
        is_tuned=True,
        is_claim=claim,
        tested=rows,
        told=lambda *, better: [r for r in rows if r.label in told and (r.from_random > 0) is better],
        panel=panel,
        ranking=SimpleNamespace(budgets=5, bases=6),
        report=SimpleNamespace(
            runs=[
                SimpleNamespace(
                    config={"model": {"network": "cnn14", "width": width}},
                    until_converged="converge" in length,
                )
            ]
        ),
    )


def test_the_order_of_two_runs_is_compared_by_the_criteria_of_both(script):
    from _results_order import said_order  # the fixture set the path

    first = ranked_run({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.6, "alone": 0.0}, told=("a", "e"))
    # a moves from the last place to the first, past four: (6 − 4) / 10; worse than random in one, better in the other
    other = ranked_run({"b": 0.2, "c": 0.3, "d": 0.4, "e": 0.6, "a": 0.61}, told=("a", "e"), width=0.25)
    _, _, table = said_order([first, other, ranked_run({"a": 0.1, "b": 0.2}), first])[:3]
    assert table.splitlines()[2:] == [
        "| [`run`](run.md) | width 0.25 | 5 | 0.20 | `a` |",
    ]
    reverse = ranked_run({"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.55}, length="after convergence")
    told = said_order([first, reverse])[-1]
    assert "| after convergence, constant rate with cool-down | 5 | −1.00 | none |" in told
    alike = ranked_run({"a = f": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.6}, width=0.25)
    assert "| width 0.25 | 5 | 1.00 | none |" in said_order([first, alike])[-1], (
        "one of several names is enough"
    )
    assert said_order([first]) == said_order([ranked_run({}, claim=False), reverse]) == []


def test_the_headline_counts_the_run_with_most_criteria_of_each_length_and_kind(script):
    from _results_entry import claims_of  # the fixture set the path

    many = ranked_run(dict.fromkeys("abcde", 0.1))
    few = ranked_run({"a": 0.1, "b": 0.2})
    longer = ranked_run({"a": 0.1}, length="after convergence")
    no_claim = ranked_run(dict.fromkeys("abcdefg", 0.1), claim=False)
    for run in (many, few, longer, no_claim):
        run.sounds = "synthetic sounds"
    assert claims_of([few, many, longer, no_claim]) == [many, longer]
