"""What an own checkpoint says of its model beside the weights, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from prunebench.eval.errors import InputError
from prunebench.eval.text.strict import first_mismatch
from prunebench.harness.networks.provenance import Provenance

_STRICT = ConfigDict(strict=True, extra="ignore")


class Step(BaseModel):
    """A `Provenance` as it stands in a file."""

    model_config = ConfigDict(strict=True, extra="forbid")
    how: str
    version: str
    settings: dict[str, JsonValue] = {}
    parent: str | None = None
    before: Step | None = None

    def provenance(self) -> Provenance:
        """The value that was written."""
        before = None if self.before is None else self.before.provenance()
        return Provenance(self.how, self.version, self.settings, self.parent, before)


class About(BaseModel):
    """The fields of an own checkpoint that are read.

    Args:
        widths: filters of C1 … C12, or of the groups of another network by name.
        network: label of another network than Cnn14.
        n_classes: outputs.
        embedding: entries of Cnn14's embedding.
        class_names: of the outputs.
        provenance: how the model was made.
    """

    model_config = _STRICT
    widths: list[int] | dict[str, int]
    network: str | None = None
    n_classes: int | None = None
    embedding: int | None = None
    class_names: list[str] | None = None
    provenance: Step | None = None


def about_of(found: Mapping[Any, Any], origin: str) -> About:
    """The fields, as `save_checkpoint` writes them.

    Raises:
        InputError: for a field that is missing or of another type, by name.
    """
    try:
        return About.model_validate(dict(found))
    except ValidationError as error:
        raise InputError(
            f"The metadata of a checkpoint must be as prunebench writes them. In {origin}, {first_mismatch(error)}. "
            "The file was changed or damaged: save it again."
        ) from error
