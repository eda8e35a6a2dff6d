"""The report as files, and the page."""

import html.parser
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.reports import make_report, write_report
from prunebench.reports.answer.answer import said_answer
from prunebench.reports.answer.standing import said_standing
from prunebench.reports.content.numbers import for_programs

FIGURES = {
    "attainment",
    "before_and_after",
    "class_changes",
    "map_vs_file",
    "map_vs_latency",
    "map_vs_macs",
    "map_vs_memory",
    "map_vs_parameters",
    "ranking_at_equal_macs",
    "speed_up",
}
TABLES = {"attainment", "class_changes", "hypervolume", "measures", "ranking", "summary"}
FILES = (
    {f"{name}.svg" for name in FIGURES}
    | {f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet")}
    | {"by_ratio.md", "by_ratio.tex", "summary.md", "summary.tex", "summary.json", "page.html"}
)
VOID = {"meta", "link", "img", "wbr", "br", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Tags that are open, addresses that are asked for, text that is read."""

    def __init__(self, source):
        super().__init__()
        self.open, self.addresses, self.text, self.tags = [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value for key, value in attributes if key in ("src", "href", "action", "srcset")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def page_of(report):
    return Page(report.page.read_text(encoding="utf-8"))


def test_everything_is_written_into_the_run_by_default(quick_report, quick_run):
    assert quick_report.folder == quick_run / "report"
    assert {path.name for path in quick_report.files} == FILES
    assert {path.name for path in quick_report.folder.iterdir()} == FILES
    assert all(path.stat().st_size > 0 for path in quick_report.files)


def test_writing_again_gives_the_same_bytes(quick_report, quick_run, tmp_path):
    again = write_report([quick_run], tmp_path / "again", tables_only=True)
    for path in again.files:
        if path.name != "summary.json":
            assert path.read_bytes() == (quick_report.folder / path.name).read_bytes(), path.name
    summaries = [json.loads((r.folder / "summary.json").read_text()) for r in (quick_report, again)]
    for report, summary in zip((quick_report, again), summaries, strict=True):
        assert sorted(summary.pop("files")) == sorted(path.name for path in report.folder.iterdir())
    assert summaries[0] == summaries[1]
    assert summaries[0]["answer"] == for_programs(list(said_answer(quick_report))) != []


def test_a_report_leaves_nothing_of_a_former_one_in_its_folder_and_all_else(maker, tmp_path):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    out = tmp_path / "out"
    first = write_report([maker.write()], out, formats=["svg"])
    assert any(path.suffix == ".svg" for path in first.files)
    kept = [out / "notes.md", out / "mine.svg"]
    for path in kept:
        path.write_text("by hand")
    second = write_report([maker.folder], out, tables_only=True)
    assert {path.name for path in out.iterdir()} == {path.name for path in (*second.files, *kept)}
    assert not (out / "page.html").exists()


def test_a_link_in_the_folder_of_a_report_is_replaced_and_not_followed(maker, tmp_path):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    out, own = tmp_path / "out", tmp_path / "own.csv"
    own.write_text("mine")
    out.mkdir()
    (out / "summary.csv").symlink_to(own)
    report = write_report([maker.write()], out, tables_only=True)
    assert own.read_text() == "mine"
    assert out / "summary.csv" in report.files
    assert not (out / "summary.csv").is_symlink()


@pytest.mark.parametrize(
    "summary",
    [
        '{"files": ["../outside.md", "/ABSOLUTE.md", "in/side.md", "C:\\\\x.md", "folder.md", "records.jsonl"]}',
        '{"files": ["..", ".", "", 3, null]}',
        '{"files": "outside.md"}',
        '["outside.md"]',
        "{",
    ],
)
def test_what_is_no_file_of_a_report_in_the_folder_stays(maker, tmp_path, summary):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    out = tmp_path / "out"
    others = [
        tmp_path / "outside.md",
        tmp_path / "absolute.md",
        out / "in" / "side.md",
        out / "records.jsonl",
    ]
    others += [out / "C:\\x.md", out / "folder.md" / "within.md", out / "outside.md"]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kept")
    (out / "summary.json").write_text(summary.replace("/ABSOLUTE.md", str(tmp_path / "absolute.md")))
    write_report([maker.write()], out, tables_only=True)
    assert all(path.read_text() == "kept" for path in others)


def test_figures_come_in_three_formats_and_repeat_to_the_last_byte(maker, tmp_path):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    maker.write()
    first, again = (write_report([maker.folder], tmp_path / name) for name in ("first", "again"))
    kinds = {path.suffix for path in first.files if path.stem == "map_vs_macs"}
    assert kinds == {".png", ".svg", ".pdf"}
    for one, other in zip(first.files, again.files, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    assert b"/FontFile2" in (first.folder / "map_vs_macs.pdf").read_bytes()  # fonts are embedded


def test_tables_alone(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    report = write_report([maker.write()], tables_only=True)
    assert {path.suffix for path in report.files} == {".csv", ".md", ".tex", ".json", ".parquet"}
    assert report.page is None


def test_the_page_is_whole_and_asks_no_network(quick_report):
    page = page_of(quick_report)
    assert page.open == []
    assert page.tags.count("img") == len(FIGURES)
    assert all(address.startswith("data:") for address in page.addresses)
    source = quick_report.page.read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:)|fetch\(|XMLHttpRequest", source)


def test_the_page_says_all_that_the_report_says(quick_report):
    text = re.sub(r"\s+", " ", "".join(page_of(quick_report).text))
    said = [s for sentences in quick_report.sentences.values() for s in sentences]
    answer = (said_standing(quick_report), *quick_report.answer)
    for words in (*said, *answer, "Some <CPU> & more", "-o NEW_RUN"):
        assert re.sub(r"\s+", " ", words) in text
    for row in quick_report.rows:
        assert row.label in text


def test_names_with_markup_are_escaped(maker):
    bad = "<script>alert('x')</script>"
    maker.config(name=bad)
    maker.cell(signal=1.0, criterion=bad, ratio=0.5, data=f"a {bad}")
    maker.fail(cell="b", criterion=bad, data="synth", error=bad)
    report = write_report([maker.write()], formats=[])
    page = page_of(report)
    assert page.open == []
    assert page.tags.count("script") == 2
    assert bad in "".join(page.text)


def test_failed_cells_are_listed_on_the_page(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    maker.fail(cell="b", criterion="l2", data="synth", ratio=0.75, finetune_seed=1, error="out of memory")
    text = "".join(page_of(write_report([maker.write()], formats=[])).text).replace("\u00a0", " ")
    assert "Failed cells (1)" in text
    assert "l2, 75 % of C7-C12, synth, base seed 0, fine-tuning seed 1" in text
    assert "out of memory" in text


def test_a_run_without_configuration_and_environment_is_reported(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    for name in ("config.toml", "environment.json"):
        (maker.folder / name).unlink()
    report = write_report([maker.write()], formats=[])
    assert report.title == maker.folder.name
    assert report.standing == "demonstration, no claim"
    assert "contains no environment.json" in "".join(page_of(report).text)


def test_two_runs_are_reported_as_one(maker, tmp_path):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="more").grid(criteria={"l2": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    report = write_report([maker.folder, other.folder], tmp_path / "both", tables_only=True)
    assert report.title == "quick + more"
    rows = {row.label: row for row in report.rows if row.ratio}
    assert set(rows) == {"random", "l1", "l2"}
    assert rows["l1"].like_random is not None
    assert rows["l2"].like_random is not None


def test_runs_on_other_test_clips_are_refused(maker, tmp_path):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    other = type(maker)(tmp_path / "other", clips=50)
    other.folder.mkdir()
    other.config().grid(criteria={"l2": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    with pytest.raises(InputError, match="same test clips"):
        write_report([maker.folder, other.folder], tmp_path / "both")
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize(
    ("array", "what"), [("names", "clips"), ("class_names", "classes"), ("targets", "targets")]
)
def test_runs_whose_test_clips_differ_in_anything_are_refused(maker, tmp_path, array, what):
    """Two data folders with one label can have equal targets, and other recordings or another order of the classes."""
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config().grid(criteria={"l2": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    path = other.folder / "targets" / "synth.npz"
    held = dict(np.load(path))
    np.savez_compressed(path, **{**held, array: held[array][::-1]})
    with pytest.raises(
        InputError,
        match=f"same test clips and classes. Found different {what} of `synth`: report the runs one",
    ):
        make_report([maker.folder, other.folder])


def test_a_cell_that_failed_in_one_run_and_ended_in_another_is_done(maker, tmp_path):
    done = maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    maker.write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.fail(cell=done.cell, criterion="l1", data="synth", error="no")
    other.write()
    assert make_report([maker.folder, other.folder]).failed == ()


def test_bad_requests_are_refused(maker, tmp_path):
    with pytest.raises(InputError, match=r"There is no folder"):
        write_report([tmp_path / "nothing"])
    with pytest.raises(InputError, match="at least one run folder"):
        write_report([])
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    with pytest.raises(InputError, match="give -o DIR"):
        write_report([maker.write(), maker.folder])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"Found the run folder .* itself: leave -o out"):
        write_report(maker.folder, maker.folder / "." / "scores" / "..")
    with pytest.raises(InputError, match="Found the file"):
        write_report([maker.folder], tmp_path / "file")


@pytest.mark.parametrize("name", ["config.toml", "environment.json"])
def test_broken_files_are_named(maker, name):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    (maker.write() / name).write_text("{[")
    with pytest.raises(InputError, match=re.escape(name)):
        write_report([maker.folder])


@pytest.mark.parametrize("spoil", ["cut off", "no archive", "another array"])
def test_broken_scores_are_named(maker, spoil):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,)).write()
    path = maker.folder / "scores" / f"{next(r.outcome for r in maker.records if r.criterion == 'l1')}.npz"
    match spoil:
        case "cut off":
            path.write_bytes(path.read_bytes()[:100])
        case "no archive":
            path.write_bytes(b"scores")
        case "another array":
            np.savez(path, validation=np.zeros(3))
    with pytest.raises(InputError, match=re.escape(path.name)):
        write_report([maker.folder])


def test_a_report_leaves_torch_alone(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    code = (
        "import sys, prunebench.reports\n"
        f"prunebench.reports.write_report([{str(maker.write())!r}], formats=[])\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'prunebench.harness', 'matplotlib.pyplot')))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)
