"""What the commands of `prunebench data` print."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, form_of
from prunebench.harness.data.audioset.pack import Packing


@closed
class _FetchedJson(TypedDict):
    """What lies in a file or folder.

    Fields:
        path: path of the file or folder.
        fetched: whether it was fetched; `false` where it was there already.
    """

    path: str
    fetched: bool


@closed
class FetchedCheckpointJson(_FetchedJson):
    """A published checkpoint, `cnn14` or another, that was fetched and checked.

    Fields:
        bytes: bytes of the file.
        network: label for `--network`.
        sha256, md5: checksum that the file was checked by, in hexadecimal digits.
    """

    bytes: int
    network: str
    sha256: NotRequired[str]
    md5: NotRequired[str]


@closed
class FetchedEpannsJson(_FetchedJson):
    """The checkpoint that E-PANNs released, fetched and checked.

    Fields:
        bytes: bytes of the file.
        widths: filters of C1 … C12.
    """

    bytes: int
    widths: list[int]


@closed
class FetchedEsc50Json(_FetchedJson):
    """The data set ESC-50, fetched and checked.

    Fields:
        recordings: number of recordings in the folder.
    """

    recordings: int


Packed: Any = form_of(Packing, name="Packed")
