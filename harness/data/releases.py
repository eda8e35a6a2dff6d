"""E-PANNs' checkpoint and ESC-50, of whose files no checksum is published, and how each is checked after fetching."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import make_folder
from prunebench.harness.data.download import OnBytes, Source, alone_at, check_url, fetch
from prunebench.harness.data.recordings.esc50_table import read_table

# Its publishers give no checksum that could be written here, so the tensors are looked at.
EPANNS = Source("https://zenodo.org/records/7939403/files/checkpoint_closeto_.44.pt?download=1")
EPANNS_WIDTHS = (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024)


MOST_UNPACKED = 4 << 30  # bytes; ESC-50 has 0.9e9
# What Python's reader raises for files that are damaged, encrypted (RuntimeError) or packed by other methods.
_NO_ZIP = (
    zipfile.BadZipFile,
    EOFError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True)
class Archive:
    """A data set as a zip file that is packed anew on demand, so that its bytes have no lasting checksum.

    Args:
        source: the zip file.
        table: path of the table inside the set.
        table_md5: of the table.
    """

    source: Source
    table: str
    table_md5: str


ESC50 = Archive(
    Source("https://github.com/karolpiczak/ESC-50/archive/33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6.zip"),
    table="meta/esc50.csv",
    table_md5="54a0d0055a10bb7df84ad340a148722e",
)


def fetch_epanns(path: Path, progress: OnBytes | None = None, source: Source = EPANNS) -> bool:
    """E-PANNs' released checkpoint, which must load as a Cnn14 of its twelve widths.

    Returns:
        Whether anything was fetched.

    Raises:
        InputError: as `fetch`, or for a file that is something else; it is not kept.
    """
    from prunebench.harness.networks.checkpoint import load_checkpoint

    fetched = fetch(source, path, progress)
    try:
        widths = load_checkpoint(path).widths
        if widths != EPANNS_WIDTHS:
            raise InputError(
                f"`{path}` must have E-PANNs' widths {list(EPANNS_WIDTHS)}. Found {list(widths)}: "
                f"{'fetch it again' if fetched else 'move it away and run the same command again'}."
            )
    except InputError:
        if fetched:
            path.unlink()
        raise
    return fetched


def fetch_esc50(folder: Path, progress: OnBytes | None = None, archive: Archive = ESC50) -> int:
    """ESC-50 as a folder that holds `meta/` and `audio/`, whole or absent.

    Checked are the table's checksum, the zip file's own checksum of every member, and that each recording of the
    table is there. A zip file that lies beside the folder as `NAME.zip` is taken instead of a download, and stays.

    Returns:
        Recordings in the folder.

    Raises:
        InputError: as `fetch`, or for a set that is something else.
    """
    given = folder.with_name(folder.name + ".zip")
    if folder.exists():
        return _check_set(folder, archive, folder)
    if not given.is_file():
        check_url(archive.source.url)
        make_folder(folder)
    with alone_at(folder):
        return _made_set(folder, given, progress, archive)


def _made_set(folder: Path, given: Path, progress: OnBytes | None, archive: Archive) -> int:
    if folder.exists():  # another process made it meanwhile
        return _check_set(folder, archive, folder)
    if given.is_file():
        return _unpacked(given, folder, archive)
    # Names that nobody else gives: what lies there is of this command, broken off perhaps, and goes.
    zipped = folder.with_name(folder.name + ".prunebench-zip")
    fetch(archive.source, zipped, progress, by_hand=given)
    try:
        recordings = _unpacked(zipped, folder, archive)
    except InputError:
        zipped.unlink()
        raise
    zipped.unlink()
    return recordings


def _unpacked(zipped: Path, folder: Path, archive: Archive) -> int:
    """Recordings in the folder that is made of a zip file."""
    partial = folder.with_name(folder.name + ".prunebench-partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _unpack(zipped, partial)
        recordings = _check_set(partial, archive, zipped)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return recordings


def _unpack(zipped: Path, folder: Path) -> None:
    """Everything below the archive's top folder; member names cannot lead out of `folder`."""
    try:
        with zipfile.ZipFile(zipped) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > MOST_UNPACKED:
                raise InputError(
                    f"The archive must unpack to at most {MOST_UNPACKED:,} bytes. Found {unpacked:,} in `{zipped}`: "
                    "move it away and fetch the data set again."
                )
            for member in archive.infolist():
                inside = member.filename.partition("/")[2]
                if inside and not member.is_dir():
                    member.filename = inside
                    archive.extract(member, folder)  # checks the member's CRC
    except _NO_ZIP as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"`{zipped}` is not a complete zip file ({error}): move it away and fetch the data set again."
        ) from error


def _check_set(folder: Path, archive: Archive, origin: Path) -> int:
    """The number of recordings in a folder, which must be complete; messages name `origin`, the file it came from."""
    table = folder / archive.table
    found = (
        hashlib.md5(table.read_bytes(), usedforsecurity=False).hexdigest() if table.is_file() else "no file"
    )
    if found != archive.table_md5:
        raise InputError(
            f"`{archive.table}` of `{origin}` must have the MD5 checksum {archive.table_md5}. Found {found}: move "
            f"`{origin}` away and fetch the data set again."
        )
    recordings = read_table(table, subset=False)
    missing = [row.filename for row in recordings if not (folder / "audio" / row.filename).is_file()]
    if missing:
        raise InputError(
            f"`{origin}` lacks {len(missing)} of the {len(recordings)} recordings that `{archive.table}` lists, for "
            f"example `{missing[0]}`: move `{origin}` away and fetch the data set again."
        )
    return len(recordings)
