"""Downloads, against a server on the loopback interface."""

import contextlib
import hashlib
import http.server
import io
import os
import socket
import threading
import time
import zipfile
from pathlib import Path

import pytest
import torch

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.data import download, releases
from prunebench.harness.data.download import Source, fetch
from prunebench.harness.data.releases import Archive, fetch_epanns, fetch_esc50
from prunebench.harness.networks.audioset_classes import audioset_classes

CONTENT = bytes(range(256)) * 4000  # 1 MB


class Server:
    """Serves `content`; may know no ranges, or break off after some bytes."""

    def __init__(self):
        self.content, self.ranges, self.breaks_after, self.asked = CONTENT, True, None, []
        self.status = self.length = None
        self.tail = b""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.headers.get("Range"))
                if outer.status:
                    return self.send_error(outer.status)
                if self.path != "/file":
                    return self.send_error(404, "Not Found")
                begin = 0
                if outer.ranges and self.headers.get("Range"):
                    begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
                    if begin >= len(outer.content):
                        return self.send_error(416, "Range Not Satisfiable")
                    self.send_response(206)
                else:
                    self.send_response(200)
                body = outer.content[begin:]
                self.send_header(
                    "Content-Length", (outer.length or str(len(body))).encode().decode("latin-1")
                )
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # a client that has enough leaves
                    self.wfile.write(body[: outer.breaks_after] + outer.tail)

            def log_message(self, *words):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/file"

    def source(self, url=None):
        return Source(url or self.url, len(self.content), hashlib.sha256(self.content).hexdigest())

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    found = Server()
    yield found
    found.close()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_file(server, tmp_path):
    told = []
    assert fetch(server.source(), tmp_path / "deep" / "x", lambda done, total: told.append((done, total)))
    assert (tmp_path / "deep" / "x").read_bytes() == CONTENT
    assert names(tmp_path / "deep") == ["x"]
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert not fetch(server.source(), tmp_path / "deep" / "x")
    assert len(server.asked) == 1


def test_a_broken_download_goes_on(server, tmp_path):
    server.breaks_after = 300_000
    with pytest.raises(InputError, match="continues from the 300,000 bytes that are kept"):
        fetch(server.source(), tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(InputError, match="continues from the 600,000 bytes"):
        fetch(server.source(), tmp_path / "x")
    server.breaks_after = None
    fetch(server.source(), tmp_path / "x")
    assert server.asked == [None, "bytes=300000-", "bytes=600000-"]
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert names(tmp_path) == ["x"]


def test_a_server_without_ranges_begins_anew(server, tmp_path):
    server.ranges = False
    (tmp_path / "x.prunebench-part").write_bytes(b"something else")
    fetch(server.source(), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file(server, tmp_path):
    (tmp_path / "x.prunebench-part").write_bytes(CONTENT + b"more")
    fetch(server.source(), tmp_path / "x")
    assert server.asked == [f"bytes={len(CONTENT) + 4}-", None]
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_network(server, tmp_path):
    (tmp_path / "x.prunebench-part").write_bytes(CONTENT)
    assert fetch(server.source(), tmp_path / "x")
    assert server.asked == []


def test_another_file_is_not_kept(server, tmp_path):
    source = server.source()
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(InputError, match=f"must have the SHA-256 {source.sha256}"):
        fetch(source, tmp_path / "x")
    assert names(tmp_path) == []


def test_a_file_in_the_way_is_left_alone(server, tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match=r"must have 1,024,000 bytes. Found 4: move it away"):
        fetch(server.source(), tmp_path / "x")
    assert (tmp_path / "x").read_text() == "mine"


def test_an_archive_that_unpacks_without_end_is_refused_before(server, tmp_path, monkeypatch):
    monkeypatch.setattr(releases, "MOST_UNPACKED", 100)
    server.content = zipped(TABLE, [])
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    with pytest.raises(InputError, match="must unpack to at most 100 bytes"):
        fetch_esc50(tmp_path / "ESC-50", archive=archive)
    assert names(tmp_path) == []


@pytest.mark.parametrize("length", ["abc", "-5", "9" * 16, "9" * 400, "²"])
def test_a_length_that_is_none_is_not_believed(server, tmp_path, length):
    server.length = length
    assert fetch(server.source(), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_server_that_never_ends_is_left(server, tmp_path):
    server.length, server.tail = "none", b"more" * 100_000
    with pytest.raises(InputError, match="must have 1,024,000 bytes"):
        fetch(server.source(), tmp_path / "x")
    assert names(tmp_path) == []


def test_a_server_that_refuses_every_range_is_asked_once(server, tmp_path):
    server.status = 416
    with pytest.raises(InputError, match="answered 416"):
        fetch(server.source(), tmp_path / "x")


@pytest.mark.parametrize(
    "url",
    [
        "notaurl",
        "",
        "file:///etc/passwd",
        "ftp://host/file",
        "http://",
        "http://[::1",
        "http://host:port/",
        "http://host:99999999/",
        "http://\u202e/",
        "http://host/a b",
        "http://host/\r\nX: y",
        "//host/file",
    ],
)
def test_what_is_no_address_of_the_web(tmp_path, url):
    with pytest.raises(InputError, match="must begin with http:// or https:// and a host"):
        fetch(Source(url), tmp_path / "deep" / "x")
    assert names(tmp_path) == []


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"\x1b[31m\x00" * 50])
def test_a_server_of_another_kind(tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            connection, _ = listening.accept()
            connection.recv(1000)
            connection.sendall(answer)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(InputError) as caught:
            fetch(Source(f"http://127.0.0.1:{listening.getsockname()[1]}/x"), tmp_path / "x")
    assert len(str(caught.value).splitlines()) == 1
    assert names(tmp_path) == []


def test_a_refusal(server, tmp_path):
    with pytest.raises(InputError, match="answered 404 Not Found"):
        fetch(server.source(server.url + "s"), tmp_path / "x")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file cannot be removed")
def test_one_process_at_a_time_fetches_a_file(monkeypatch, tmp_path):
    """Also where a download fails while one waits and another comes: the file that they lock must be one."""
    at_work, most, begun, go_on = [], [], [threading.Event() for _ in range(3)], threading.Event()
    remove = Path.unlink

    def fetched(source, part, path, progress, by_hand):
        number = int(source.url[-1])
        at_work.append(number)
        most.append(len(at_work))
        begun[number].set()
        if number:
            go_on.wait(10)
        else:
            threads[1].start()  # the second waits for the first
        at_work.remove(number)
        return True

    def unlink(path, missing_ok=False):
        begun[1].wait(0.3)  # time for the second to begin, where it can
        remove(path, missing_ok)

    def begin(number):
        fetch(Source(f"http://host/{number}"), tmp_path / "x")

    monkeypatch.setattr(download, "_fetched", fetched)
    monkeypatch.setattr(Path, "unlink", unlink)
    threads = [threading.Thread(target=begin, args=(number,)) for number in range(3)]
    threads[0].start()
    threads[0].join(10)
    assert begun[1].wait(10)
    threads[2].start()
    assert not begun[2].wait(0.3)
    go_on.set()
    for thread in threads[1:]:
        thread.join(10)
    assert most == [1, 1, 1]
    assert names(tmp_path) == []


def test_offline(server, tmp_path):
    server.close()
    with pytest.raises(InputError, match=r"127.0.0.1:\d+ cannot be reached .* on another machine"):
        fetch(server.source(), tmp_path / "x")
    assert names(tmp_path) == []


def zipped(table, recordings):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ESC-50-33c8/meta/esc50.csv", table)
        for name in recordings:
            archive.writestr(f"ESC-50-33c8/audio/{name}", b"RIFF")
    return stream.getvalue()


TABLE = "filename,fold,target,category,esc10,src_file,take\n" + "".join(
    f"1-{i}-A-{i}.wav,{i % 5 + 1},{i},class {i},False,{i},A\n" for i in range(5)
)


def flagged(archive, at, bits):
    """The archive with bits set in its first member's header and, where they lie 2 further, in the directory."""
    content = bytearray(archive)
    content[at] |= bits
    content[content.index(b"PK\x01\x02") + at + 2] |= bits
    return bytes(content)


def test_a_set_is_unpacked_and_checked(server, tmp_path):
    server.content = zipped(TABLE, [f"1-{i}-A-{i}.wav" for i in range(5)])
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    assert fetch_esc50(tmp_path / "ESC-50", archive=archive) == 5
    assert names(tmp_path) == ["ESC-50"]
    assert names(tmp_path / "ESC-50") == ["audio", "meta"]
    assert fetch_esc50(tmp_path / "ESC-50", archive=archive) == 5
    assert len(server.asked) == 1
    (tmp_path / "ESC-50" / "audio" / "1-3-A-3.wav").unlink()
    with pytest.raises(InputError, match=r"lacks 1 of the 5 recordings .*, for example `1-3-A-3\.wav`"):
        fetch_esc50(tmp_path / "ESC-50", archive=archive)


def test_a_set_that_two_processes_fetch_is_unpacked_once(server, tmp_path, monkeypatch):
    server.content = zipped(TABLE, [f"1-{i}-A-{i}.wav" for i in range(5)])
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    unpack, unpacked, found = releases._unpack, [], []

    def slowly(*paths):
        unpacked.append(paths)
        time.sleep(0.3)
        unpack(*paths)

    monkeypatch.setattr(releases, "_unpack", slowly)
    threads = [
        threading.Thread(target=lambda: found.append(fetch_esc50(tmp_path / "ESC-50", archive=archive)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [5, 5]
    assert len(unpacked) == 1
    assert names(tmp_path) == ["ESC-50"]


def test_files_beside_a_set_are_its_owners(server, tmp_path):
    server.content = zipped(TABLE, [f"1-{i}-A-{i}.wav" for i in range(5)])
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    (tmp_path / "ESC-50.partial").mkdir()
    mine = ["ESC-50.partial/notes.txt", "ESC-50.part", "ESC-50.lock", "ESC-50.zip.part", "ESC-50.zip.lock"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    assert fetch_esc50(tmp_path / "ESC-50", archive=archive) == 5
    assert [(tmp_path / name).read_text() for name in mine] == ["mine"] * 5
    assert names(tmp_path) == sorted({name.partition("/")[0] for name in mine} | {"ESC-50"})


def test_a_zip_file_that_lies_there_is_unpacked_and_kept(server, tmp_path):
    whole = zipped(TABLE, [f"1-{i}-A-{i}.wav" for i in range(5)])
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    given = tmp_path / "ESC-50.zip"
    for content in (b"holiday photos", zipped(TABLE, [])):
        given.write_bytes(content)
        with pytest.raises(InputError, match=r"ESC-50\.zip`.* away and fetch the data set again"):
            fetch_esc50(tmp_path / "ESC-50", archive=archive)
        assert given.read_bytes() == content
        assert names(tmp_path) == ["ESC-50.zip"]
    given.write_bytes(whole)
    assert fetch_esc50(tmp_path / "ESC-50", archive=archive) == 5
    assert given.read_bytes() == whole
    assert names(tmp_path) == ["ESC-50", "ESC-50.zip"]
    assert not server.asked


def test_offline_a_set_is_asked_for_by_its_own_name(server, tmp_path):
    server.close()
    with pytest.raises(InputError, match=r"put it at `[^`]*ESC-50\.zip` and run"):
        fetch_esc50(tmp_path / "ESC-50", archive=Archive(Source(server.url), "meta/esc50.csv", ""))


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of POSIX")
def test_what_is_fetched_for_a_link_is_put_where_it_leads(server, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "disk" / "big")
    fetch(server.source(), tmp_path / "x")
    assert (tmp_path / "x").is_symlink()
    assert (tmp_path / "disk" / "big").read_bytes() == CONTENT
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe` is a pipe, but a file is needed"):
        fetch(server.source(), tmp_path / "pipe")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            zipped(TABLE, ["1-0-A-0.wav"]),
            "lacks 4 of the 5 recordings that `meta/esc50.csv` lists, .* `1-1-A-1.wav`",
        ),
        (zipped(TABLE + "\n", []), "`meta/esc50.csv` of `.*` must have the MD5 checksum"),
        (zipped(TABLE, ["a.wav"]).replace(b"RIFF", b"RIFX", 1), "is not a complete zip file"),
        (b"<html>", "is not a complete zip file"),
        (flagged(zipped(TABLE, []), at=6, bits=0x1), "is not a complete zip file.*encrypted"),
        (flagged(zipped(TABLE, []), at=8, bits=0x60), "is not a complete zip file.*compression"),
    ],
)
def test_a_set_that_is_something_else(server, tmp_path, content, message):
    server.content = content
    archive = Archive(Source(server.url), "meta/esc50.csv", hashlib.md5(TABLE.encode()).hexdigest())
    with pytest.raises(InputError, match=message):
        fetch_esc50(tmp_path / "ESC-50", archive=archive)
    assert names(tmp_path) == []


def test_a_released_checkpoint_of_other_widths(server, tmp_path):
    stream = io.BytesIO()
    torch.save(Cnn14([2] * 12, n_classes=3, embedding=4).state_dict(), stream)
    server.content = stream.getvalue()
    with pytest.raises(
        InputError, match=r"must have E-PANNs' widths \[64, 64, .* Found \[2, 2.*: fetch it again"
    ):
        fetch_epanns(tmp_path / "epanns.pt", source=Source(server.url))
    assert not (tmp_path / "epanns.pt").exists()
    (tmp_path / "epanns.pt").write_bytes(server.content)  # one that was there before is not fetched again
    with pytest.raises(InputError, match=r"Found \[2, 2.*: move it away and run the same command again"):
        fetch_epanns(tmp_path / "epanns.pt", source=Source(server.url))
    assert (tmp_path / "epanns.pt").exists()


def test_names_of_audioset():
    classes = audioset_classes()
    assert (
        len(classes) == len({found.mid for found in classes}) == len({found.name for found in classes}) == 527
    )
    assert classes[0] == ("/m/09x0r", "Speech")
    assert classes[300].name == "Vehicle"
    assert classes[526] == ("/m/07hvw1", "Field recording")
