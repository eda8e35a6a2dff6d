"""Fetching one file over HTTP: resumed where it broke off, checked before it counts.

Why this is not left to a library: pooch (1.9, `core.stream_download`) and `torch.hub` write into a temporary file,
remove it when the connection breaks and never ask for a `Range`, so 330 MB never arrive on a bad line. What is here is
the standard library's client, that header, and the checks.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import filelock

from prunebench.eval.errors import InputError
from prunebench.eval.files import DISK_FULL, behind_links, check_regular, make_folder

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a byte
MOST_BYTES = 1 << 33  # of a file whose size nobody states
# urllib's own errors are OSErrors; names of hosts that cannot be encoded are ValueErrors.
_BROKEN = (OSError, http.client.HTTPException, ValueError)

_sha256, _md5 = hashlib.sha256, functools.partial(hashlib.md5, usedforsecurity=False)

OnBytes = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Source:
    """A file that others publish.

    Args:
        url: where it lies.
        size: bytes, where they are known beforehand.
        sha256: hexadecimal, where it is known.
        md5: hexadecimal, where the publisher gives no other checksum; it finds damage, not a forgery.
    """

    url: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


def fetch(
    source: Source, path: Path, progress: OnBytes | None = None, *, by_hand: Path | None = None
) -> bool:
    """Fetch a file; a download that broke off goes on where it stopped.

    What has arrived so far lies beside the target as `NAME.prunebench-part`; `path` itself is whole and checked, or
    absent. Of a symbolic link, what it leads to is fetched.

    Args:
        source: what to fetch.
        path: where to put it.
        progress: told (bytes so far, bytes in all or `None`).
        by_hand: where messages ask for a file that was fetched by other means, by default `path`.

    Returns:
        Whether anything was fetched: a whole file with the right checksum is left alone.

    Raises:
        InputError: for no address of the web, without a network, for a server's refusal, a connection that broke, a
            file other than the one expected, or a path that is no file.
    """
    check_url(source.url)
    path = behind_links(path)
    make_folder(path)
    if path.exists():
        check_regular(path)
    part = path.with_name(f"{path.name}.prunebench-part")
    with alone_at(path):
        return _fetched(source, part, path, progress or (lambda done, total: None), by_hand or path)


@contextlib.contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """A block that one process at a time runs for a path, with a lock file beside it that is gone afterwards."""
    lock = path.with_name(f"{path.name}.prunebench-lock")
    with filelock.FileLock(lock):
        try:
            yield
        finally:
            # While it is held: whoever waits sees that the file is gone, and takes a new one. Windows removes no file
            # that is open; there the library does, once nobody waits.
            with contextlib.suppress(PermissionError):
                lock.unlink(missing_ok=True)


def _fetched(source: Source, part: Path, path: Path, progress: OnBytes, by_hand: Path) -> bool:
    if path.exists():
        _check(source, path, "move it away and run the same command again")
        return False
    if not (part.exists() and part.stat().st_size == source.size):
        _receive(source, part, by_hand, progress)
    try:
        _check(source, part, "fetch it again; no part of it was kept")
    except InputError:
        part.unlink()
        raise
    part.replace(path)
    return True


def check_url(url: str) -> None:
    """Refuse what is no address of a file on the web.

    Raises:
        InputError: for anything but plain `http://` and `https://` with a host.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, half an address in brackets
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(
            f"An address must begin with http:// or https:// and a host, and contain only ASCII characters without "
            f"spaces. Found `{url}`: give the address of the file."
        )


def _receive(source: Source, part: Path, by_hand: Path, progress: OnBytes) -> None:
    begun = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(source.url, headers={"User-Agent": "prunebench"})
    if begun:
        request.add_header("Range", f"bytes={begun}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
            length = str(response.headers.get("Content-Length", ""))
            done = begun if resumed else 0
            stated = length.isascii() and length.isdigit() and len(length) < 16
            total = done + int(length) if stated else source.size
            with part.open("ab" if resumed else "wb") as stream:
                done = _copy(response, stream, done, total, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if begun and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # it is longer than the file
            return _receive(source, part, by_hand, progress)
        raise InputError(
            f"`{source.url}` cannot be fetched. The server answered {error.code} {error.reason}: get the file in "
            f"another way, put it at `{by_hand}` and run the same command, which checks it."
        ) from error
    except _BROKEN as error:
        if part.exists() and not part.stat().st_size:
            part.unlink()
        raise InputError(_broken(source, part, by_hand, error)) from error
    if total is not None and done < total:
        raise InputError(_broken(source, part, by_hand, f"{done:,} of {total:,} bytes arrived"))


def _copy(
    response: http.client.HTTPResponse, stream: BinaryIO, done: int, total: int | None, progress: OnBytes
) -> int:
    progress(done, total)
    while chunk := response.read(CHUNK):
        stream.write(chunk)
        done += len(chunk)
        progress(done, total)
        if done > (total or MOST_BYTES):
            break  # what follows is not of the file, and may never end
    return done


def _broken(source: Source, part: Path, by_hand: Path, why: object) -> str:
    host = urllib.parse.urlsplit(source.url).netloc
    if isinstance(why, OSError) and why.errno in DISK_FULL:
        return f"No space is left for `{part}`: free some and run the same command again; it continues from there."
    if part.exists() and part.stat().st_size:
        return (
            f"The connection to {host} broke before the file was complete ({why}): run the same command again; it "
            f"continues from the {part.stat().st_size:,} bytes that are kept."
        )
    reason = getattr(why, "reason", why)
    return (
        f"Fetching needs the network. {host} cannot be reached ({reason}): fetch {source.url} on another machine, "
        f"put it at `{by_hand}` and run the same command, which checks it."
    )


def _check(source: Source, path: Path, remedy: str) -> None:
    size = path.stat().st_size
    if source.size is not None and size != source.size:
        raise InputError(f"`{path}` must have {source.size:,} bytes. Found {size:,}: {remedy}.")
    for name, algorithm, expected in (("SHA-256", _sha256, source.sha256), ("MD5", _md5, source.md5)):
        if expected is None:
            continue
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, algorithm).hexdigest()
        if found != expected:
            raise InputError(f"`{path}` must have the {name} {expected}. Found {found}: {remedy}.")
