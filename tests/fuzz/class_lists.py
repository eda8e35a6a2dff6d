"""Lists of classes, wherever one is read: one name a line, or AudioSet's table."""

from __future__ import annotations

import os

from cases import EITHER, REFUSED, Case, Ended, Place, tags
from tables import table


def labels(place: Place) -> Case:
    """The column `index` says which output a name belongs to, whatever the order of rows."""
    place.put("m.pth")
    place.put("x.wav")
    names = [f"name {n}" for n in range(10)]
    rows = [(n, f"/m/{n}", names[n]) for n in range(10)]
    place.chance.shuffle(rows)
    ways = place.chance.choice(("shuffled", "from one", "twice", "gap", "text"))
    if ways == "from one":
        rows = [(n + 1, mid, name) for n, mid, name in rows]
    elif ways == "twice":
        rows[0] = (rows[1][0], *rows[0][1:])
    elif ways == "gap":
        rows = [(n + 5 * (n > 4), mid, name) for n, mid, name in rows]
    table = "index,mid,display_name\n" + "".join(
        f"{'x' if ways == 'text' else n},{m},{s}\n" for n, m, s in rows
    )
    place.write("labels.csv", table)

    def check(ended: Ended) -> str | None:
        if ended.code == 2:
            return None
        named, plain = (
            tags(ended)["x.wav"],
            tags(ended.again("tag", "m.pth", "x.wav", "--json", "--top-k", "10"))["x.wav"],
        )
        wrong = [
            name for name, score in named.items() if abs(plain[f"class {name.split()[1]}"] - score) > 1e-6
        ]
        return f"{wrong[0]} has the score of another class" if wrong else None

    codes = frozenset({0, 2}) if ways == "shuffled" else REFUSED
    return Case(
        ["tag", "m.pth", "x.wav", "--labels", "labels.csv", "--json", "--top-k", "10"], codes, check=check
    )


def label_lists(place: Place) -> Case:
    """Lists of classes that are none."""
    place.put("m.pth")
    place.put("x.wav")
    content = place.chance.choice(
        (b"", b"a\n" * 9, b"a\n" * 10, b"\xff\xfe" * 20, b"\0" * 100, b"a\n" * 1_000_000, b"x" * 3_000_000,
        b"display_name\n" + b"q\n" * 10,
         b'index,mid,display_name\n"' + b"z" * 200_000, b"index,mid,display_name\n" + b"," * 500_000 + b"\n",
         b"index,mid,display_name\n" + b"9" * 5000 + b",m,n\n",
         b"\x1b[31mn\n" + b"b\nc\nd\ne\nf\ng\nh\ni\nj\n")
    )  # fmt: skip
    place.write("l.txt", content)
    target = "l.txt"
    if place.chance.random() < 0.3:
        (place.at / "odd").symlink_to(place.chance.choice(("/dev/zero", "/dev/null", "odd", "nowhere", ".")))
        target = "odd"
    elif place.chance.random() < 0.15:
        os.mkfifo(place.at / "pipe")
        target = "pipe"
    return Case(["tag", "m.pth", "x.wav", "--labels", target, "--json"], EITHER)


def class_file(place: Place) -> Case:
    """`data.classes` of any content."""
    words = table(place, None)
    content = place.chance.choice(
        (
            b"",
            b"low\nmid\nhigh\n",
            b"low\nlow\nmid\nhigh\n",
            b"low\n",
            b"\xff\xfe",
            b"\0",
            b"a\n" * 500_000,
            b"x" * 2_000_000,
            b"index,mid,display_name\n0,a,low\n1,b,mid\n2,c,high\n",
        )
    )
    target = place.write("k.txt", content)
    if place.chance.random() < 0.3:
        target = "odd"
        (place.at / "odd").symlink_to(place.chance.choice(("/dev/zero", "/dev/null", "odd", "nowhere", ".")))
    elif place.chance.random() < 0.2:
        os.mkfifo(place.at / "pipe")
        target = "pipe"
    return Case([*words, "--set", f"data.classes={target}"], EITHER)


def class_tables(place: Place) -> Case:
    """`--classes` of any content."""
    place.put("clips")
    place.write("s_segments.csv", 'id0xxxxxxx, 0.000, 10.000, "/m/a"\n')
    content = place.chance.choice(
        (b"", b"index,mid,display_name\n", b"index,mid,display_name\n1,/m/a,One\n", b"index,mid\n0,/m/a\n",
        b"index,mid,display_name\n0,/m/a\n", b"\xff" * 50,
         b"index,mid,display_name\n0,/m/a,One\n0,/m/b,Two\n",
         b"index,mid,display_name\n" + b"9" * 5000 + b",/m/a,One\n", b"\0" * 99,
         b'index,mid,display_name\n0,/m/a,"' + b"x" * 200_000, b"index;mid;display_name\n0;/m/a;One\n")
    )  # fmt: skip
    place.write("k.csv", content)
    words = [
        "data",
        "audioset",
        "clips",
        "--segments",
        "s_segments.csv",
        "--classes",
        "k.csv",
        "-o",
        "out",
        "--workers",
        "1",
    ]
    return Case(words, EITHER, ("out",))


VARIANTS = (
    labels, label_lists, class_file, class_tables, label_lists,
)  # fmt: skip
