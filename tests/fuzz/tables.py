"""CSV: tables of own recordings, of ESC-50, FSD50K and AudioSet, as people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence

from cases import DONE, EITHER, Case, Ended, Place

PLAN = ("run", "t.toml", "--dry-run", "--json", "-o", "r")


def _rows(place: Place) -> list[list[str]]:
    return list(csv.reader(io.StringIO((place.at / "sounds" / "labels.csv").read_text())))


def table(place: Place, content: str | bytes | None, *, extra: Sequence[str] = ()) -> list[str]:
    """Words that read the table of own recordings."""
    place.put("sounds") if not (place.at / "sounds").exists() else None
    if content is not None:
        place.write("sounds/labels.csv", content)
    options = 'name = "folder"\nroot = "sounds"\nseconds = 0.5'
    text = place.kit.path("tiny.toml").read_text()
    begin, end = text.index("[data]\n") + 7, text.index("[model]")
    place.write("t.toml", f"{text[:begin]}{options}\n{text[end:]}")
    return [*PLAN, *extra]


def _same_classes(names: set[str]) -> Callable[[Ended], str | None]:
    """After a whole run the targets have these classes."""
    import numpy as np

    def check(ended: Ended) -> str | None:
        done = ended.again("run", "t.toml", "-o", "r")
        if done.code != 0:
            return f"the run ended with {done.code}: {done.err[-200:]}"
        with np.load(next((ended.at / "r" / "targets").glob("*.npz"))) as found:
            named = set(map(str, found["class_names"]))
        return None if named == names else f"the classes are {sorted(named)}"

    return check


NAMES = {"low", "mid", "high"}


def separators(place: Place) -> Case:
    """A table with semicolons or tabs is read as one with commas, or refused in a sentence that names the separator."""
    place.put("sounds")
    separator = place.chance.choice(";\t|")
    words = table(place, "\n".join(separator.join(row) for row in _rows(place)) + "\n")
    if separator == "|":
        return Case(words, EITHER)
    return Case(words, DONE, ("r",), check=_same_classes(NAMES) if place.chance.random() < 0.3 else None)


def headings(place: Place) -> Case:
    """Capitals and spaces in headings and cells."""
    place.put("sounds")
    rows = _rows(place)
    way = place.chance.choice((str.upper, str.title, lambda cell: f" {cell} ", lambda cell: f"\ufeff{cell}"))
    rows[0] = [way(cell) for cell in rows[0]]
    if place.chance.random() < 0.5:
        rows[1:] = [[f"  {row[0]}", f" {row[1]} ", f" {row[2].title()}"] for row in rows[1:]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    check = _same_classes(NAMES) if place.chance.random() < 0.3 else None
    return Case(table(place, text.getvalue()), DONE, ("r",), check=check)


def joined_labels(place: Place) -> Case:
    """Labels joined by `,` or `|` are asked about, and not one class of a compound name."""
    place.put("sounds")
    rows = _rows(place)
    joint = place.chance.choice((",", "|", ", "))
    for row in rows[1:]:
        row[1] = f"{row[1]}{joint}{'mid' if row[1] != 'mid' else 'low'}"
    text = io.StringIO()
    csv.writer(text).writerows(rows)

    def check(ended: Ended) -> str | None:
        if ended.code == 2 or "label" in ended.err:
            return None
        return _same_classes(NAMES)(ended)

    return Case(table(place, text.getvalue()), frozenset({0, 2}), ("r",), check=check)


def shared_source(place: Place) -> Case:
    """One source in training and test is refused or warned of."""
    place.put("sounds")
    rows = [[*row, f"s{number}"] for number, row in enumerate(_rows(place))]
    rows[0][3] = "source"
    test = next(row for row in rows if row[2] == "test")
    next(row for row in rows if row[2] == "training")[3] = test[3]
    words = table(place, "\n".join(map(",".join, rows)) + "\n")
    return Case(words, frozenset({0, 2}), says="source")


def two_spellings(place: Place) -> Case:
    """One file under two spellings in training and test is refused or warned of."""
    place.put("sounds")
    rows = _rows(place)
    test = next(row for row in rows if row[2] == "test")
    way = place.chance.choice(("./{}", "x/../{}", ".//{}", "link.wav"))
    if way == "link.wav":
        (place.at / "sounds" / "link.wav").symlink_to(test[0])
    (place.at / "sounds" / "x").mkdir()
    rows.append([way.format(test[0]), test[1], "training"])
    words = table(place, "\n".join(map(",".join, rows)) + "\n")
    return Case(words, frozenset({0, 2}), says="twice|same|both|spelling|once|`file`")


def cells(place: Place) -> Case:
    """Cells of any content."""
    place.put("sounds")
    rows = _rows(place)
    row, column = place.chance.randrange(len(rows)), place.chance.randrange(3)
    rows[row][column] = place.chance.choice(
        (
            "",
            " ",
            "..",
            "../x.wav",
            "/etc/passwd",
            "x" * 200_000,
            "\0",
            "\x1b[31mred",
            "=1+1",
            "a;b;c;;",
            ";;;",
            '"',
            "é\u202e",
            "nan",
            "9" * 5000,
        )
    )
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return Case(table(place, text.getvalue()), EITHER)


def shapes(place: Place) -> Case:
    """Tables that are none."""
    content = place.chance.choice(
        (b"", b"\n", b"file,labels,split", b"file,labels,split\n", b"a,b\n1,2\n",
        b"file,labels,split\nx.wav\n", b"file,labels,split\n" + b"," * 100_000,
         b'"' * 99_999, b"\0" * 5000, b"\xff\xfef\0i\0l\0e\0",
         "file,labels,split\nr0.wav,é,test\n".encode("latin-1"),
         b"file,labels,split,file\nr0.wav,a,test,r1.wav\n",
         b"file,labels,split\n" + b"r0.wav,low,test\n" * 3, b"\x89PNG\r\n" * 999,
         b"file,labels,split\r" + b"r0.wav,low,test\r" * 2, b"x" * 2_000_000,
         ("file,labels,split\n" + "r0.wav,low,test\n").encode("utf-16"),
         b"PK\x03\x04" + b"\0" * 999)
    )  # fmt: skip
    return Case(table(place, content), EITHER)


def many_rows(place: Place) -> Case:
    """A million files that are not there are counted, not listed for minutes."""
    count = place.chance.choice((20_000, 300_000, 1_000_000))
    rows = "".join(f"f{n}.wav,a,{('training', 'test', 'validation')[n % 3]}\n" for n in range(count))
    return Case(table(place, f"file,labels,split\n{rows}"))


def many_classes(place: Place) -> Case:
    """Every row a class of its own."""
    place.put("sounds")
    labels = ";".join(f"c{n}" for n in range(place.chance.choice((1000, 100_000))))
    rows = _rows(place)
    rows[1][1] = labels
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return Case(table(place, text.getvalue()), EITHER)


def not_a_file(place: Place) -> Case:
    words = table(place, None)
    path = place.at / "sounds" / "labels.csv"
    path.unlink()
    kind = place.chance.choice(("pipe", "folder", "zero", "null", "absent", "loop"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("zero", "null"):
        path.symlink_to(f"/dev/{kind}")
    elif kind == "loop":
        path.symlink_to("labels.csv")
    return Case(words)


def _esc(place: Place, name: str, extra: Sequence[str] = ()) -> list[str]:
    text = place.kit.path("tiny.toml").read_text()
    begin, end = text.index("[data]\n") + 7, text.index("[model]")
    place.write("t.toml", f'{text[:begin]}name = "{name}"\nroot = "esc"\n{text[end:]}')
    return [*PLAN, *extra]


def esc_table(place: Place) -> Case:
    """The table of ESC-50 with other cells, headings or rows."""
    place.put("esc")
    path = place.at / "esc" / "meta" / "esc50.csv"
    rows = list(csv.reader(io.StringIO(path.read_text())))
    for _ in range(place.chance.choice((1, 1, 3))):
        row, column = place.chance.randrange(len(rows)), place.chance.randrange(len(rows[0]))
        rows[row][column] = place.chance.choice(
            ("", "x", "-1", "9" * 5000, "1e99", "nan", "../a.wav", "\0", "y" * 100_000, "True", "\x1b[0m")
        )
    if place.chance.random() < 0.2:
        del rows[place.chance.randrange(len(rows))][0]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue())
    return Case(_esc(place, place.chance.choice(("esc50", "esc10"))), EITHER)


def esc_rate(place: Place) -> Case:
    """`esc50` and `esc10` take a sampling rate as the other sets do."""
    place.put("esc")
    rate = place.chance.choice((8000, 16000, 32000))
    return Case(
        _esc(place, place.chance.choice(("esc50", "esc10")), ["--set", f"data.sample_rate={rate}"]), DONE
    )


def segments(place: Place) -> Case:
    """Lists of AudioSet's segments."""
    place.put("clips")
    place.write("two.csv", "index,mid,display_name\n0,/m/a,One\n1,/m/b,Two\n")
    good = ['id0xxxxxxx, 0.000, 10.000, "/m/a"', 'id1xxxxxxx, 0.000, 10.000, "/m/b"']
    bad = place.chance.choice(
        ("", "id2", "id2xxxxxxx, x, y, /m/a", 'id2xxxxxxx, 0, 10, "/m/zzz"', 'id0xxxxxxx, 0, 10, "/m/a"',
        "a/b, 0, 10, /m/a", 'id2xxxxxxx, nan, inf, "/m/a"',
         'id2xxxxxxx, -5, 10, "/m/a"', 'id2xxxxxxx, 10, 5, "/m/a"', 'id2xxxxxxx, 1e300, 1e301, "/m/a"',
         "x" * 300_000, "\0" * 50, "# comment", '"' * 999,
         f'id2xxxxxxx, {"9" * 5000}, 10, "/m/a"', "\x1b[31m, 0, 10, /m/a", 'id2xxxxxxx, 500, 510, "/m/a"')
    )  # fmt: skip
    place.write("s_segments.csv", "\n".join([*good, bad]) + "\n")
    words = [
        "data",
        "audioset",
        "clips",
        "--segments",
        "s_segments.csv",
        "--classes",
        "two.csv",
        "-o",
        "out",
        "--workers",
        "1",
    ]
    return Case(words, EITHER, ("out",))


def fsd50k(place: Place) -> Case:
    """The tables of FSD50K with wrong cells."""
    root = "FSD50K.ground_truth"
    for name in ("dev", "eval"):
        for number in range(3):
            place.put("x.wav", f"fsd/FSD50K.{name}_audio/{number}.wav")
    value = place.chance.choice(("", "9" * 5000, "x" * 100_000, "../0", "\0", "\x1b[1m", "0"))
    place.write(
        "fsd/" + root + "/vocabulary.csv",
        f"0,Bark,/m/a\n1,Rain,/m/b\n{place.chance.choice(('', f'{value},,', '5,x,y'))}\n",
    )
    place.write(
        "fsd/" + root + "/dev.csv",
        f'fname,labels,mids,split\n0,Bark,/m/a,train\n1,"Rain,Bark","/m/b,/m/a",val\n{value},Bark,/m/a,train\n',
    )
    place.write("fsd/" + root + "/eval.csv", "fname,labels,mids\n0,Bark,/m/a\n1,Rain,/m/b\n")
    text = place.kit.path("tiny.toml").read_text()
    begin, end = text.index("[data]\n") + 7, text.index("[model]")
    place.write("t.toml", f'{text[:begin]}name = "fsd50k"\nroot = "fsd"\nseconds = 0.5\n{text[end:]}')
    return Case(PLAN, EITHER)


def plain(place: Place) -> Case:
    """The table as it is: a plan of seven cells or so, the same twice."""
    words = table(place, None)

    def check(ended: Ended) -> str | None:
        again = ended.again(*words)
        first, second = json.loads(ended.out), json.loads(again.out)
        return None if first["cells"] == second["cells"] else "two plans differ"

    return Case(words, DONE, check=check)


VARIANTS = (
    separators, headings, joined_labels, shared_source, two_spellings, cells, shapes, many_rows,
    many_classes, not_a_file,
    esc_table, esc_rate, segments, fsd50k, plain, cells, shapes, esc_table, segments,
)  # fmt: skip
