"""One frozen base model in a file: safetensors, half precision, named by its content. Nothing in it is ever run."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.strict import first_mismatch
from prunebench.harness.frozen.frozen_metadata import SCHEMA_VERSION, FrozenMetadata
from prunebench.harness.frozen.half_precision import halved, restored
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.file_hash import kept_hash
from prunebench.harness.networks.groups.filter_group import filters_of
from prunebench.harness.networks.plugins.network_registry import resolve_network

KEY = "prunebench-frozen-base"  # of the metadata; one alone, so that a file is written alike each time
SET_NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_FILE_NAME = re.compile(rf"({SET_NAME.pattern})-seed(0|[1-9]\d{{0,18}})-([0-9a-f]{{12}})\.safetensors")


@dataclass(frozen=True)
class FrozenFile:
    """A file by its name: `SET-seedSEED-DIGEST.safetensors`, with the first 12 hexadecimal digits of its SHA-256."""

    path: Path
    set_name: str
    seed: int
    digest: str

    @classmethod
    def named(cls, path: Path) -> FrozenFile | None:
        """The file, `None` where it has another kind of name."""
        match = _FILE_NAME.fullmatch(path.name)
        return None if match is None else cls(path, match[1], int(match[2]), match[3])

    @property
    def content(self) -> str:
        """Sixteen hexadecimal digits of the SHA-256 of the file, which its name begins.

        Raises:
            InputError: for other content than the name says.
        """
        self._check_readable()
        found = kept_hash(self.path)
        if not found.startswith(self.digest):
            raise InputError(
                f"The content of the frozen base model `{self.path}` does not match the hash in the name of the file. "
                f"Its hash is {found[:12]}: the file is damaged or was changed. Install it again."
            )
        return found[:16]

    def metadata(self) -> FrozenMetadata:
        """What the file says.

        Raises:
            InputError: for other content than the name says, or metadata of another form.
        """
        return _metadata(self, self.content)

    def load(self, files: Sequence[str] = ()) -> Tagger:
        """The model, in float32.

        Args:
            files: Python files that define its network.

        Raises:
            InputError: as `metadata`, for a network that is not installed, or tensors that are not its own.
        """
        metadata, origin = self.metadata(), f"`{self.path}`"
        network = resolve_network(metadata.network, files)
        tagger = restored(network, len(metadata.class_names), _tensors(self.path), metadata.computed, origin)
        if filters_of(tagger.groups) != metadata.widths:
            raise InputError(
                f"{origin} states widths that `{metadata.network}` cannot have: another version of prunebench made "
                "the file, or the file was changed. Install it again."
            )
        return tagger

    def _check_readable(self) -> None:
        try:
            with self.path.open("rb"):
                pass
        except OSError as error:
            raise InputError(
                f"The frozen base model `{self.path}` is missing or cannot be read: install it again."
            ) from error


def check_set_name(name: str) -> None:
    """Refuse a name that no file can have.

    Raises:
        InputError: that says which names can be.
    """
    if not SET_NAME.fullmatch(name):
        raise InputError(
            "The name of a set must be lower-case letters and digits, joined by `-`, `_` or `.`. Found "
            f"`{name}`: give another `name` in the configuration."
        )


def write_frozen(folder: Path, tagger: Tagger, told: Mapping[str, Any]) -> FrozenFile:
    """A model in a file that is named by its content.

    Args:
        folder: of the file.
        tagger: of a network that is built in or installed, at the widths that it is built with.
        told: the fields of `FrozenMetadata` but for those that the model itself says.

    Raises:
        InputError: for weights beyond half precision, or a name of a set that no file can have.
    """
    from safetensors.torch import save

    check_set_name(told["set_name"])
    state, computed = halved(tagger)
    widths = dict(filters_of(tagger.groups))
    metadata = FrozenMetadata(network=tagger.network.label, widths=widths, computed=computed, **told)
    said = json.dumps({"schema_version": SCHEMA_VERSION, **metadata.model_dump(mode="json")}, sort_keys=True)
    data = save(state, metadata={KEY: said})
    digest = hashlib.sha256(data).hexdigest()[:12]
    found = FrozenFile.named(folder / f"{metadata.set_name}-seed{metadata.seed}-{digest}.safetensors")
    assert found is not None
    with whole_file(found.path) as stream:
        stream.write(data)
    return found


@functools.lru_cache(maxsize=64)
def _metadata(file: FrozenFile, content: str) -> FrozenMetadata:
    """Kept as long as the content is the same."""
    from safetensors import safe_open

    origin = f"`{file.path}`"
    with _whole_safetensors(file.path), safe_open(file.path, framework="pt") as opened:
        text = (opened.metadata() or {}).get(KEY)
        said = None if text is None else parsed_json(text)
    if not isinstance(said, dict):
        raise InputError(
            f"{origin} is a safetensors file, but not a frozen base model of prunebench: give another file."
        )
    if said.pop("schema_version", None) != SCHEMA_VERSION:
        raise InputError(
            f"A frozen base model must have schema version {SCHEMA_VERSION}. {origin} has a different one, because "
            "another version of prunebench wrote it: install base models and a prunebench of the same version."
        )
    try:
        metadata = FrozenMetadata.model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise InputError(
            "The metadata of a frozen base model must be as prunebench writes them. In "
            f"{origin}, {first_mismatch(error)}. The file was changed: install it again."
        ) from error
    if (metadata.set_name, metadata.seed) != (file.set_name, file.seed):
        raise InputError(
            f"The name of a frozen base model must match its content. {origin} contains seed {metadata.seed} of "
            f"`{metadata.set_name:.60}`: restore its name."
        )
    return metadata


def _tensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    with _whole_safetensors(path):
        return load_file(path)


@contextlib.contextmanager
def _whole_safetensors(path: Path) -> Iterator[None]:
    """Whatever cannot be read of a file within is an `InputError`."""
    from safetensors import SafetensorError

    try:
        yield
    except (SafetensorError, ValueError) as error:
        raise InputError(
            f"`{path}` is not a complete safetensors file ({error!s:.100}): install it again."
        ) from error
