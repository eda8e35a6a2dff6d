"""Where output goes: pipes, devices, links, files with modes, folders that cannot be written, what a user owns."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

import torch
from addresses import server
from cases import DONE, EITHER, REFUSED, Case, Ended, Place

Words = list[str]
Verb = tuple[Words, Callable[[bytes], bool]]
OLD = b"what was there before"


def _is_weights(content: bytes) -> bool:
    import io

    return "fc1.weight" in torch.load(io.BytesIO(content), weights_only=True)["model"]


def _is_text(*parts: bytes) -> Callable[[bytes], bool]:
    return lambda content: all(part in content for part in parts)


def _verb(place: Place) -> Verb:
    """A verb that writes one file, `-o` last, and what tells its content."""
    place.put("m.pth")
    place.put("x.wav")
    place.put("baseline.json")
    verbs: tuple[Verb, ...] = (
        (["tag", "m.pth", "x.wav", "--format", "csv", "-o"], _is_text(b"file,start_s")),
        (["tag", "m.pth", "x.wav", "--json", "-o"], _is_text(b'"windows"')),
        (["export", "m.pth", "--format", "panns", "-o"], _is_weights),
        (["export", "m.pth", "--format", "safetensors", "-o"], _is_text(b"fc1.weight", b"__metadata__")),
        (["export", "m.pth", "-o"], _is_text(b"waveform", b"probabilities")),
        (["prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o"], _is_weights),
        (["baseline", "save", "m.pth", "-o"], _is_text(b"schema_version")),
        (["check", "m.pth", "--baseline", "baseline.json", "--markdown"], _is_text(b"baseline")),
        (["check", "m.pth", "--baseline", "baseline.json", "--junit"], _is_text(b"testsuite")),
    )
    return place.chance.choice(verbs)


def _before(place: Place, words: list[str]) -> bytes:
    """What lies where the verb writes; a baseline keeps what an earlier one knows, so it is written over one alone."""
    return (place.at / "baseline.json").read_bytes() if words[0] == "baseline" else OLD


def pipe(place: Place) -> Case:
    """A named pipe stays one, and its reader gets everything."""
    words, right = _verb(place)
    os.mkfifo(place.at / "out")

    def check(ended: Ended) -> str | None:
        if not stat.S_ISFIFO((ended.at / "out").lstat().st_mode):
            return "the pipe was replaced"
        return None if right(ended.drained) else f"{len(ended.drained)} bytes came out of the pipe"

    return Case([*words, "out"], DONE, ("out",), check=check, drain="out")


def device(place: Place) -> Case:
    """A device stays one."""
    words, _ = _verb(place)
    try:
        os.mknod(place.at / "out", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        with (place.at / "out").open("wb"):
            pass
    except OSError:  # needs root, and a file system that bears devices
        (place.at / "out").unlink(missing_ok=True)
        return pipe(place)
    return Case([*words, "out"], DONE)  # nothing may have changed


def link(place: Place) -> Case:
    """A link is followed, and stays."""
    words, right = _verb(place)
    there = place.chance.random() < 0.6
    (place.at / "real").mkdir()
    if there:
        place.write("real/file", _before(place, words))
        (place.at / "real" / "file").chmod(0o600)
    (place.at / "out").symlink_to("real/file")

    def check(ended: Ended) -> str | None:
        target = ended.at / "real" / "file"
        if not (ended.at / "out").is_symlink():
            return "the link was replaced"
        if not right(target.read_bytes()):
            return "the target has other content"
        return (
            None
            if not there or stat.S_IMODE(target.stat().st_mode) == 0o600
            else "the target's mode was changed"
        )

    return Case([*words, "out"], DONE, ("real/file",), check=check)


def mode(place: Place) -> Case:
    """A file keeps its mode; a new one has what the user's umask leaves."""
    words, right = _verb(place)
    wanted = place.chance.choice((0o600, 0o640, 0o664, 0o755))
    there = place.chance.random() < 0.6
    if there:
        (place.at / place.write("out", _before(place, words))).chmod(wanted)

    def check(ended: Ended) -> str | None:
        mask = os.umask(0)
        os.umask(mask)
        found, right_mode = (
            stat.S_IMODE((ended.at / "out").stat().st_mode),
            wanted if there else 0o666 & ~(UMASK if not there else mask),
        )
        if not right((ended.at / "out").read_bytes()):
            return "other content"
        return None if found == right_mode else f"mode {found:o} instead of {right_mode:o}"

    return Case([*words, "out"], DONE, ("out",), check=check, umask=None if there else UMASK)


UMASK = 0o027


def occupied(place: Place) -> Case:
    """A path that cannot be a file: refused, and everything stays."""
    words, _ = _verb(place)
    kind = place.chance.choice(
        ("folder", "full folder", "below a file", "loop", "long", "nul", "below a loop", "slash", "empty")
    )
    out = "out"
    if kind == "folder":
        (place.at / "out").mkdir()
    elif kind == "full folder":
        place.write("out/own", OLD)
    elif kind == "below a file":
        place.write("own", OLD)
        out = "own/out"
    elif kind == "loop":
        (place.at / "out").symlink_to("out")
    elif kind == "below a loop":
        (place.at / "loop").symlink_to("loop")
        out = "loop/out"
    elif kind == "long":
        out = "o" * 300
    elif kind == "nul":
        out = "o" * 4090 + "/x"
    elif kind == "slash":
        (place.at / "out").mkdir()
        out = "out/"
    else:
        out = ""
    return Case([*words, out])


def not_mine(place: Place) -> Case:
    """A folder or file that the user may not write."""
    words, _ = _verb(place)
    (place.at / "locked").mkdir()
    kind = place.chance.choice(("folder", "new folder", "file"))
    if kind == "file":
        place.write("locked/out", OLD)
    (place.at / "locked").chmod(0o555)
    out = "locked/new/out" if kind == "new folder" else "locked/out"
    return Case([*words, out], user=65534)


def new_folders(place: Place) -> Case:
    """Folders on the way are made."""
    words, right = _verb(place)

    def check(ended: Ended) -> str | None:
        return None if right((ended.at / "a" / "b" / "out").read_bytes()) else "other content"

    return Case([*words, "a/b/out"], DONE, ("a",), check=check)


def refused(place: Place) -> Case:
    """Where the input cannot be used, what was there before stays."""
    words, _ = _verb(place)
    if place.chance.random() < 0.7:
        place.write("out", OLD)
    place.write("m.pth", b"no model")
    return Case([*words, "out"])


def fetched_set(place: Place) -> Case:
    """What a user owns beside a data set stays, whatever the server sends."""
    import io
    import zipfile

    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        for name, content in place.chance.choice(
            (
                (),
                (("x/meta/esc50.csv", b"filename"),),
                (("../../evil", b"x"),),
                (("x/audio/a.wav", b"x" * 99),),
            )
        ):
            file.writestr(name, content)
    body = place.chance.choice((whole.getvalue(), b"no zip", b"", b"PK\x05\x06" + b"\0" * 18))
    port = server(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    for name in place.chance.sample(
        ("set.zip", "set.partial/own.txt", "set/own.txt", "meta/own.txt"), place.chance.randint(1, 3)
    ):
        place.write(name, OLD)
    return Case(
        ["data", "esc50", "-o", "set", "--url", f"http://127.0.0.1:{port}/x"], keeps=("set.zip.part",)
    )


def encrypted_set(place: Place) -> Case:
    """A zip file beside the folder that asks for a password, is damaged or holds other things."""
    import io
    import zipfile

    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        file.writestr("x/meta/esc50.csv", "filename\n" * 50)
    content = bytearray(whole.getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        if place.chance.random() < 0.8:
            content[at + flags] |= 1
        else:
            content[at + flags + 2] = place.chance.choice((99, 97, 255))
    place.write("set.zip", bytes(content))
    return Case(["data", "esc50", "-o", "set", "--url", "http://127.0.0.1:1/"])


def folders(place: Place) -> Case:
    """Verbs that write a folder, into one that is there, a file, a link."""
    for name in ("m.pth", "run", "clips", "tiny.toml"):
        place.put(name)
    place.put("run", "run2")
    place.write("s_segments.csv", 'id0xxxxxxx, 0.000, 10.000, "/m/a"\n')
    place.write("two.csv", "index,mid,display_name\n0,/m/a,One\n1,/m/b,Two\n")
    words = place.chance.choice(
        (["score", "m.pth", "--pruner", "l1", "-o"], ["report", "run", "--tables-only", "-o"], ["merge",
        "run", "run2", "-o"], ["run", "tiny.toml", "--dry-run", "-o"],
         ["data", "audioset", "clips", "--segments", "s_segments.csv", "--classes", "two.csv", "--workers",
         "1", "-o"])
    )  # fmt: skip
    kind = place.chance.choice(("file", "pipe", "loop", "own", "link", "below a file"))
    out, writes = "out", ("out",)
    if kind in ("file", "below a file"):
        place.write("out", OLD)
        out = "out/x" if kind == "below a file" else out
    elif kind == "pipe":
        os.mkfifo(place.at / "out")
    elif kind == "loop":
        (place.at / "out").symlink_to("out")
    elif kind == "own":
        place.write("out/own.txt", OLD)
    else:
        (place.at / "real").mkdir()
        (place.at / "out").symlink_to("real")
        writes = ("real",)

    def check(ended: Ended) -> str | None:
        own = ended.at / "out" / "own.txt"
        return None if kind != "own" or own.read_bytes() == OLD else "a user's own file was changed"

    codes = EITHER if kind in ("own", "link") or words[0] == "run" else REFUSED
    return Case([*words, out], codes, writes, check=check)


def own_run_folder(place: Place) -> Case:
    """A run into somebody's own folder leaves it alone."""
    place.put("tiny.toml")
    place.write("own/thesis.tex", OLD)
    for name in place.chance.sample(
        ("own/report/x", "own/records.jsonl", "own/.hidden", "own/scores/a.npz", "own/.prunebench-x"), 2
    ):
        place.write(name, OLD)
    return Case(["run", "tiny.toml", "-o", "own"])


VARIANTS = (
    pipe,
    device,
    link,
    mode,
    occupied,
    not_mine,
    new_folders,
    refused,
    fetched_set,
    encrypted_set,
    folders,
    own_run_folder,
    folders,
    occupied,
)
