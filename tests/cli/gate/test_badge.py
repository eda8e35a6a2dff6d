"""A badge: right, the same bytes each time, well formed, escaped, readable by a screen reader, whole or absent."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from prunebench.baselines.gate.badge_image import EQUAL, LARGER, SMALLER, badge_svg, ratio_said
from prunebench.harness import Cnn14, prune, save_checkpoint

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def files(tmp_path):
    """Two files, and how many trainable parameters each has."""
    full = Cnn14([8] * 12, n_classes=3, embedding=5)
    models = {"full.pt": full, "half.pt": prune(full, "l1", 0.5)}
    for name, model in models.items():
        save_checkpoint(model, tmp_path / name)
    return [sum(p.numel() for p in model.parameters() if p.requires_grad) for model in models.values()]


@pytest.mark.parametrize(
    ("before", "after", "said", "colour"),
    [
        (80_753_615, 23_205_839, "3.47× fewer parameters", SMALLER),  # 3.4799
        (300, 100, "3.00× fewer parameters", SMALLER),
        (1249, 100, "12.4× fewer parameters", SMALLER),
        (123_456, 1000, "123× fewer parameters", SMALLER),
        (100, 125, "1.25× more parameters", LARGER),
        (10_000, 10_003, "1.01× more parameters", LARGER),
        (10_003, 10_000, "1.00× fewer parameters", SMALLER),
        (7, 7, "as many parameters", EQUAL),
    ],
)
def test_the_ratio_never_promises_more_than_there_is(before, after, said, colour):
    assert ratio_said(before, after, "parameters") == (said, colour)


def test_a_badge_is_well_formed_and_has_a_title():
    text = badge_svg("parameters", 300, 100, label='<b> & "quoted"')
    root = ElementTree.fromstring(text)
    title = root.find(f"{SVG}title").text
    assert title == '<b> & "quoted": 3.00× fewer parameters (300 before, 100 after)'
    assert root.get("aria-label") == title
    assert root.get("role") == "img"
    assert [each.text for each in root.iter(f"{SVG}text")] == ['<b> & "quoted"', "3.00× fewer parameters"]
    width = float(root.get("width"))
    for each in root.iter(f"{SVG}text"):
        half = float(each.get("textLength")) / 2
        assert float(each.get("x")) - half > 0
        assert float(each.get("x")) + half < width
    assert text == badge_svg("parameters", 300, 100, label='<b> & "quoted"')


@pytest.mark.parametrize("colour", [SMALLER, EQUAL, LARGER, "#3c4043"])
def test_white_can_be_read_on_it(colour):
    """WCAG's contrast of white text, by its definition."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_the_verb_counts_the_files(cli, files):
    before, after = files
    code, out, _ = cli("badge", "half.pt", "--against", "full.pt", "-o", "badge.svg", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["before"], told["after"], told["ratio"]) == (before, after, before / after)
    first = Path("badge.svg").read_bytes()
    assert told["says"].encode() in first
    code, out, _ = cli("badge", "half.pt", "--against", "full.pt", "-o", "badge.svg")
    assert (code, out) == (0, f"Saved badge.svg: {told['says']}.\n")
    assert Path("badge.svg").read_bytes() == first
    for figure in ("macs", "macs-with-frontend", "bytes"):
        words = (
            "badge",
            "half.pt",
            "--against",
            "full.pt",
            "--figure",
            figure,
            "-o",
            f"{figure}.svg",
            "--json",
        )
        found = json.loads(cli(*words)[1])
        assert found["before"] > found["after"]
    assert found["before"] == Path("full.pt").stat().st_size


def test_bad_input_is_one_sentence_and_writes_nothing(cli, files, tmp_path):
    words = ("--against", "full.pt", "-o", "badge.svg")
    for wrong, said in (
        (("badge", "gone.pt", *words), "There is no run folder and no checkpoint `gone.pt`"),
        (("badge", ".", *words), "A badge compares two checkpoints. Found the folder"),
        (("badge", "half.pt", *words, "--label", " "), "`--label` must have 1 to 60 characters. Found 0."),
        (
            ("badge", "half.pt", *words, "--label", "a" * 61),
            "`--label` must have 1 to 60 characters. Found 61.",
        ),
        (("badge", "half.pt", *words, "--figure", "macz"), "Unknown `macz`; did you mean `macs`"),
    ):
        code, out, error = cli(*wrong)
        assert (code, out, error.count("\n")) == (2, "", 1)
        assert said in error
    assert not Path("badge.svg").exists()


def test_blanks_around_a_label_do_not_count(cli, files):
    words = ("badge", "half.pt", "--against", "full.pt", "--label", f" {'a' * 60} ", "-o", "badge.svg")
    assert cli(*words)[0] == 0
    assert f">{'a' * 60}<" in Path("badge.svg").read_text()


def test_a_badge_replaces_no_file_of_another_kind(cli, files):
    Path("notes.txt").write_text("kept")
    for output in ("notes.txt", "badge"):
        code, out, error = cli("badge", "half.pt", "--against", "full.pt", "-o", output)
        assert (code, out) == (2, "")
        assert (
            error == f"Error: A badge is an SVG file. Found `{output}`: give -o a name that ends in `.svg`.\n"
        )
    assert Path("notes.txt").read_text() == "kept"
    assert not Path("badge").exists()
