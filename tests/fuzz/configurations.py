"""TOML files and `--set`: every key with values of every type and size, deep nesting, damage."""

from __future__ import annotations

import json
import os

from cases import DONE, EITHER, REFUSED, Case, Ended, Place

DRY = ("--dry-run", "-o", "r")
KEYS = (
    "name", "claim", "threads", "workers", "checkpoint_seconds", "data", "data.name", "data.root",
    "data.mix", "data.test_fold", "data.training_clips",
    "data.seconds", "data.snr_min_db", "data.seed", "data.table", "data.sample_rate", "data.strict",
    "model", "model.width", "model.checkpoint",
    "model.adapt", "base.frozen", "base.pretrained",
    "base.seeds", "base.steps", "base.batch", "base.learning_rate", "base.warmup",
    "base.weight_decay", "base.clip_norm", "base.mixup",
    "base.at_scale", "base.at_scale.steps", "prune.files", "prune.criteria", "prune.ratios",
    "prune.target_macs", "prune.convention",
    "prune.target_parameters", "prune.scopes", "prune.allocations", "prune.sensitivity", "prune.seeds",
    "prune.calibration_clips",
    "prune.recalibration_clips", "finetune.scopes", "finetune.schedules", "finetune.seeds",
    "finetune.steps", "finetune.rates", "finetune.rate_ratios",
    "finetune.batch", "finetune.evaluate_every", "finetune.at_scale", "controls.reversed",
    "measure.latency", "measure.seconds", "measure.budget_s",
    "measure.precision", "measure.backends", "measure.batch", "unknown", "data.unknown", "a.b.c.d", "", ".",
    "..", "data..name", " ", "data.0.seed", "data.-1.seed",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "2", "true", "0.5", "nan", "inf", "-inf", "1e308", "1e-308", "[]", "{}", "[[]]",
    "[0.5]", "[nan]", '""', '"text"', "text", "[1,2,3]",
    "9223372036854775807", "9223372036854775808", "9" * 5000, "-" + "9" * 5000, "[" + "9" * 5000 + "]",
    "1" * 100_000, "[" * 100_000, "[" * 500 + "]" * 500,
    "{a=" * 300 + "1" + "}" * 300, '"\\u0000"', '"\\u001b[31m"', "\x1b[31m", "1979-05-27",
    "2024-01-01T00:00:00Z", "0x" + "f" * 3000, "'''", '"' + "x" * 100_000 + '"',
    "[[1,2],[3]]", '["l1","l1"]', '["all"]', "['l1', 3]", "C7-C12", '["C1-C99999"]', '["C0"]',
    '["uniform","global[floor=nan]"]', '["tp:magnitude"]',
    '["l1[x=1]"]', '["nystrom_similarity[landmarks=0]"]',
    '["nystrom_similarity[landmarks=' + "9" * 5000 + ']"]', '["scores:nowhere"]', "1_000", "+1", "08",
    '["iterative[rounds=1000000]"]', '["iterative[rounds=0]"]', '"' + "[" * 10_000 + '"', "/dev/zero",
    "/dev/null", "..", "é\u202e", "synth", '["esc50"]', "=", "a=b",
)  # fmt: skip


def set_value(place: Place) -> Case:
    """One key, any value."""
    words = []
    for _ in range(place.chance.choice((1, 1, 1, 2))):
        words += ["--set", f"{place.chance.choice(KEYS)}={place.chance.choice(VALUES)}"]
    # On the command line an argument ends at 128 KiB.
    return Case(["run", place.put("tiny.toml"), *(word[:130_000] for word in words), *DRY], EITHER, ("r",))


def file_value(place: Place) -> Case:
    """The same in a file."""
    lines, tables = place.kit.path("tiny.toml").read_text().splitlines(), KEYS[:57]
    key = place.chance.choice(tables)
    table, _, name = key.rpartition(".")
    value = place.chance.choice(VALUES)
    if table and f"[{table}]" in lines:
        lines = [line for line in lines if not line.startswith(f"{name} =")]
        lines.insert(lines.index(f"[{table}]") + 1, f"{name} = {value}")
    else:
        lines = [line for line in lines if not line.startswith(f"{key} =")]
        lines.insert(0, f"{key} = {value}")
    place.write("t.toml", "\n".join(lines))
    return Case(["run", "t.toml", *DRY], EITHER)


def damaged(place: Place) -> Case:
    """Text that is no TOML, or hardly."""
    content = bytearray(place.kit.path("tiny.toml").read_bytes())
    for _ in range(place.chance.choice((1, 3, 20))):
        content[place.chance.randrange(len(content))] = place.chance.randrange(256)
    if place.chance.random() < 0.3:
        del content[place.chance.randrange(len(content)) :]
    place.write("t.toml", bytes(content))
    return Case(["run", "t.toml", *DRY], EITHER)


def foreign(place: Place) -> Case:
    content = place.chance.choice(
        (b"", b"\0", b"\xff\xfe" * 99, b"[" * 100_000, b"x = " + b"[" * 100_000, b"x = " + b"{a=" * 50_000,
        b"a." * 20_000 + b"a = 1", b"[" + b"a." * 20_000 + b"a]",
         b"x = " + b"9" * 100_000, b'x = "' + b"y" * 1_000_000 + b'"', b"\x1b[31m = 1", b'"\\u001b" = 1',
         b"x = 1\n" * 2, b"[data]\n[data]\n", b"data = 3", b"prune = []",
         b"[[data]]\n" * 1000, b"[[data]]\nname = 'synth'\n" * 3, b"\xef\xbb\xbfname = 'x'",
         b"name = 'x'\r\n", "name = 'é'".encode("latin-1"), b"[[prune]]\n[[prune]]\n",
         b"[prune]\nratios = [" + b"0.5," * 200_000 + b"]",
         b"[finetune]\nseeds = [" + b",".join(b"%d" % n for n in range(200_000)) + b"]")
    )  # fmt: skip
    return Case(["run", place.write("t.toml", content), *DRY], EITHER)


def huge_grid(place: Place) -> Case:
    """More cells than anyone runs: counted first, refused above a limit."""
    few, many = place.chance.choice((1000, 5000)), place.chance.choice((1000, 20_000))
    seeds = json.dumps(list(range(few)))
    ratios = json.dumps([round((1 + n) / (many + 2), 9) for n in range(many)])
    place.write("t.toml", place.kit.path("tiny.toml").read_text().replace("ratios = [0.5]",
        f"ratios = {ratios}")
                .replace("[finetune]\nseeds = [0]", f"[finetune]\nseeds = {seeds}"))  # fmt: skip
    words = ["run", "t.toml", "-o", "r"]
    return Case([*words, "--dry-run"] if place.chance.random() < 0.6 else words, REFUSED)


IMPOSSIBLE = (
    ("threads", "100000"), ("threads", "1000000000"), ("data.training_clips", "100000000000"),
    ("data.test_clips", "100000000000"), ("threads", "9" * 18),
)  # fmt: skip
HUGE = (
    ("base.steps", "1000000000000000"), ("workers", "1000000"), ("finetune.rates",
    json.dumps([1e-5 * n for n in range(1, 3000)])),
    ("measure.batch", "1000000000"), ("prune.calibration_clips", "10000000000000"), ("prune.seeds",
    json.dumps(list(range(20_000)))), ("base.batch", "10000000000"),
    ("base.seeds", json.dumps(list(range(20_000)))), ("finetune.rate_ratios",
    json.dumps([n / 20_001 for n in range(1, 20_000)])), ("data.seconds", "60"),
    ("prune.scopes", '["C1-C12"]'), ("measure.seconds", "1e9"), ("base.seeds", "[" + "9" * 30 + "]"),
    ("data.seed", "9" * 30), ("prune.seeds", "[" + "9" * 25 + "]"),
    ("finetune.seeds", "[18446744073709551616]"), *IMPOSSIBLE,
)  # fmt: skip


def huge_number(place: Place) -> Case:
    """A plan with numbers that no machine bears is refused or made, in seconds."""
    key, value = place.chance.choice(HUGE)
    return Case(["run", place.put("tiny.toml"), "--set", f"{key}={value}"[:130_000], *DRY], frozenset({0, 2}))


def huge_run(place: Place) -> Case:
    """The same without --dry-run."""
    key, value = place.chance.choice(IMPOSSIBLE)
    return Case(["run", place.put("tiny.toml"), "--set", f"{key}={value}", "-o", "r"])


def sets_with_options(place: Place) -> Case:
    """Several data sets, options that exclude each other."""
    tables = []
    for _ in range(place.chance.choice((1, 2, 3))):
        name = place.chance.choice(("synth", "esc50", "esc10", "folder", "fsd50k", "audioset", "none"))
        options = place.chance.sample(
            ('root = "esc"', 'root = "nowhere"', "mix = 3", "test_fold = 1", 'test_fold = "all"',
            "validation_fold = 2", "seconds = 0.5", "seed = 3", "sample_rate = 8000",
             'table = "x.csv"', "training_clips = 4", 'black_list = "x"', 'training_set = "a+b"',
             "strict = true", "snr_min_db = 50"), place.chance.randint(0, 3))  # fmt: skip
        tables.append(f'[[data]]\nname = "{name}"\n' + "\n".join(options))
    place.put("esc")
    text = place.kit.path("tiny.toml").read_text()
    begin, end = text.index("[data]\n"), text.index("[model]")
    place.write("t.toml", text[:begin] + "\n".join(tables) + "\n" + text[end:])
    return Case(["run", "t.toml", *DRY], EITHER)


def not_a_file(place: Place) -> Case:
    kind = place.chance.choice(("pipe", "folder", "zero", "null", "absent", "loop", "long"))
    path = place.at / "t.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("zero", "null"):
        path.symlink_to(f"/dev/{kind}")
    elif kind == "loop":
        path.symlink_to("t.toml")
    return Case(
        ["run", "t" * 5000 if kind == "long" else "t.toml", *DRY], EITHER if kind == "null" else REFUSED
    )


def measured_options(place: Place) -> Case:
    """`measure --set`, options of a data set."""
    key = place.chance.choice(KEYS[5:18]).removeprefix("data.")
    words = ["measure", place.put("m.pth"), "--data", place.chance.choice(("synth", "esc10", "none", ""))]
    return Case([*words, "--set", f"{key}={place.chance.choice(VALUES)}"[:130_000]], EITHER)


def plan_twice(place: Place) -> Case:
    """A plan is the same, whatever the order of tables and keys."""
    place.put("tiny.toml")
    head, *tables = place.kit.path("tiny.toml").read_text().split("\n[")
    place.chance.shuffle(tables)
    place.write("t.toml", head + "".join(f"\n[{table}" for table in tables))

    def check(ended: Ended) -> str | None:
        other = ended.again("run", "tiny.toml", "--dry-run", "--json", "-o", "r")
        mine, theirs = (json.loads(one.out)["cells"] for one in (ended, other))
        return None if mine == theirs else "the plans differ"

    return Case(["run", "t.toml", "--dry-run", "--json", "-o", "r"], DONE, check=check)


VARIANTS = (
    set_value, file_value, damaged, foreign, huge_grid, huge_number, huge_run, sets_with_options,
    not_a_file, measured_options, plan_twice, set_value, file_value,
    set_value, file_value, damaged, foreign, huge_number,
)  # fmt: skip
