"""Addresses that are none, servers that answer what no client expects, schedulers that are gone."""

from __future__ import annotations

import os
import signal
import socket

from cases import Case, Place


def urls(place: Place) -> Case:
    """Addresses that are none."""
    url = place.chance.choice(
        ("notaurl", "", "http://", "http:///x", "ftp://127.0.0.1:1/x", "file:///etc/passwd",
        "http://127.0.0.1:1/x", "https://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/",
        "http://[::1", "http://a b/", "gopher://x", "data:text/plain,x",
         "http://x\x1b[31m/", "http://" + "x" * 100_000, "http://user:secret@127.0.0.1:1/", "//x",
         "http://\u202e/", "javascript:alert(1)", "http://127.0.0.1:1/" + "y" * 5000,
         "http://nonexistent.invalid/x")
    )  # fmt: skip
    return Case(["data", place.chance.choice(("cnn14", "epanns", "esc50")), "-o", "new", "--url", url])


ANSWERS = (
    b"HTTP/1.0 200 OK\r\nContent-Length: abc\r\n\r\nxx", b"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\nxx",
    b"HTTP/1.0 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nxx", b"", b"\0" * 5000,
    b"HTTP/1.0 404 \x1b[31mNo\r\n\r\n",
    b"HTTP/1.0 500 " + b"x" * 5000 + b"\r\n\r\n", b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000, b"HTTP/1.0 302 F\r\nLocation: file:///etc/passwd\r\n\r\n",
    b"HTTP/1.0 206 P\r\nContent-Range: x\r\n\r\nxx", b"SSH-2.0-x\r\n",
    b"HTTP/1.0 416 R\r\n\r\n", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\nshort", b"HTTP/1.0 999 \r\n\r\n", b"garbage\n\n",
    b"HTTP/1.0 302 F\r\nLocation: /x\r\n\r\n",
)  # fmt: skip


def server(answer: bytes) -> int:
    """A port where each visitor gets these bytes, for half a minute."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    if os.fork() == 0:
        try:
            signal.alarm(30)
            while True:
                visitor, _ = listening.accept()
                visitor.settimeout(1)
                try:
                    visitor.recv(65536)
                    visitor.sendall(answer)
                except OSError:
                    pass
                visitor.close()
        finally:
            os._exit(0)
    listening.close()
    return port


def answers(place: Place) -> Case:
    """Servers that answer what no client expects; what lies there already stays."""
    port = server(place.chance.choice(ANSWERS))
    name = place.chance.choice(("cnn14", "epanns", "esc50"))
    before = place.chance.choice(("", "part", "zip"))
    if before == "part":
        place.write("new.part", b"x" * place.chance.choice((1, 500)))
    return Case(
        ["data", name, "-o", "new", "--url", f"http://127.0.0.1:{port}/x"],
        keeps=("new.part", "new.zip.part", "new.zip", "new.prunebench-part", "new.zip.prunebench-part"),
    )


def schedulers(place: Place) -> Case:
    """Schedulers that are gone, speak otherwise, or are no address."""
    kind = place.chance.choice(("address", "address", "address", "file", "file", "server"))
    if kind == "server":
        address = f"tcp://127.0.0.1:{server(place.chance.choice(ANSWERS))}"
    elif kind == "file":
        address = "s.json"
        content = place.chance.choice(
            (
                b"",
                b"{}",
                b"[" * 100_000,
                b"5",
                b'{"address": 5}',
                b'{"address": "tls://127.0.0.1:1"}',
                b'{"address": "' + b"x" * 100_000 + b'"}',
                b"\xff",
                b'{"address": null}',
            )
        )
        place.write(address, content)
        if place.chance.random() < 0.2:
            (place.at / address).unlink()
            place.chance.choice((os.mkfifo, os.mkdir, lambda p: p.symlink_to("/dev/zero")))(
                place.at / address
            )
    else:
        address = place.chance.choice(
            ("", " ", "x", "tcp://", "tcp://127.0.0.1:1", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:-1",
            "tls://127.0.0.1:1", "ucx://127.0.0.1:1", "ws://127.0.0.1:1", "wss://127.0.0.1:1", "inproc://x",
            "inproc://127.0.0.1/1/1", "127.0.0.1:1", "http://127.0.0.1:1",
             "tcp://" + "x" * 5000 + ":1", "tcp://\x1b[31m:1", "tcp://nonexistent.invalid:1",
             "nothing.json", "tcp://127.0.0.1:1/", "foo://127.0.0.1:1", "tcp://[::1]:1",
             "tcp://127.0.0.1:" + "9" * 50)
        )  # fmt: skip
    return Case(
        ["run", place.put("tiny.toml"), "-o", "r", "--scheduler", address], fresh=place.chance.random() < 0.3
    )


def no_scheduler(place: Place) -> Case:
    """An empty address, of a variable that is not set, does not mean this machine."""
    given = place.chance.choice((["--scheduler", ""], ["--scheduler="], ["--scheduler", " "]))
    return Case(["run", place.put("tiny.toml"), "-o", "r", *given])


def scheduler_options(place: Place) -> Case:
    more = place.chance.choice(
        (
            ["--scheduler", "x:1", "--workers", "1"],
            ["--resource", "GPU=1"],
            ["--scheduler", "x", "--resource", "GPU"],
            ["--scheduler", "tcp://127.0.0.1:1", "--resource", f"GPU={'9' * 5000}"],
            ["--device", "tpu"],
            ["--device", "cuda"],
            ["--workers", "-1"],
            ["--workers", "9" * 5000],
        )
    )
    return Case(["run", place.put("tiny.toml"), "-o", "r", *more], keeps=("r",) if "tcp" in str(more) else ())


VARIANTS = (
    urls, answers, urls, answers, urls, no_scheduler, schedulers, scheduler_options, answers,
)  # fmt: skip
