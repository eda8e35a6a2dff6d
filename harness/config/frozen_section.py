"""The keys `frozen` and `pretrained` of the table `[base]`: base models that several users share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic
from pydantic import Field

from prunebench.eval.errors import InputError
from prunebench.harness.config.fields import Section
from prunebench.harness.frozen.installed_bases import base_set

F = TypeVar("F", bound="FrozenSection")
NO_TRAINING = frozenset({"seeds", "frozen", "pretrained"})  # keys of `[base]` that no training loop takes
# A table with these states its recipe, as resolved configurations do, and needs no set.
OWN_RECIPE = frozenset({"batch", "learning_rate"})


class FrozenSection(Section):
    """The keys of `[base]` for base models that this run does not train.

    A training key that the table leaves out has the value that the set was trained with. The resolved configuration
    thus records how the base models were trained. The controls from scratch use the same training. With
    `pretrained = false` the run trains new base models with it.
    """

    pretrained: bool = Field(
        True, description="whether to load `frozen`; `false` trains new base models with its recipe"
    )
    frozen: str | None = Field(
        None, description="set of base models to load instead of training any, see `prunebench list bases`"
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _as_the_set_was_trained(cls, table: Any) -> Any:
        if isinstance(table, dict) and table.get("frozen") is False:
            raise ValueError(
                "`base.frozen` must be the name of a set of base models. Found false: set `base.pretrained = false` to "
                "train base models"
            )
        if not isinstance(table, dict) or not isinstance(table.get("frozen"), str):
            # `pretrained` says nothing then, and two configurations do not differ in it.
            idle = (
                isinstance(table, dict)
                and table.get("frozen") is None
                and table.get("pretrained") in (True, False)
            )
            return {key: value for key, value in table.items() if key != "pretrained"} if idle else table
        try:
            recipe = _recipe_of(table["frozen"])
        except InputError as error:
            if table.get("pretrained") is False and not table.keys() >= OWN_RECIPE:
                raise ValueError(
                    "`base.frozen` must name a set whose settings can be read, because "
                    f"`base.pretrained = false` trains new base models with these settings. {error}"
                ) from error
            return table  # said of the key, where it matters
        # Whoever names a number of steps, or training at full size, asks for no training until convergence.
        anew = table.get("pretrained") is False
        short = anew and "converge" not in table and bool(table.keys() & {"steps", "at_scale"})
        left_out = {"converge"} if short else set()
        known = {
            key: value for key, value in recipe.items() if key in cls.model_fields and key not in left_out
        }
        return _filled(known, table)

    @pydantic.field_validator("frozen")
    @classmethod
    def _known(cls, name: str | None, info: pydantic.ValidationInfo) -> str | None:
        if name is not None and info.data.get("pretrained", True):
            _recipe_of(name)
        return name

    @pydantic.model_validator(mode="after")
    def _there_and_trained_so(self: F) -> F:
        if self.frozen is None or not self.pretrained:
            return self
        for seed in getattr(self, "seeds", ()):
            base_set(self.frozen).of_seed(seed)
        there, here = self._trained_with(), self.recipe_keys()
        for key in sorted(there.keys() | here.keys()):
            if there.get(key) != here.get(key):
                until = key == "steps" and "converge" in there
                raise ValueError(
                    f"`base.{key}` cannot change base models that are already trained: those of {self.frozen} were "
                    f"trained {'until they converged' if until else f'with {_shown(there.get(key))}'}. Found "
                    f"{_shown(here.get(key))}: leave out `base.{key}`, or set `base.pretrained=false` to train new ones"
                )
        return self

    def _trained_with(self) -> dict[str, Any]:
        """The keys of the set's training, with the defaults of now for those that came later."""
        try:
            return type(self).model_validate(_recipe_of(str(self.frozen))).recipe_keys()
        except pydantic.ValidationError as error:
            raise ValueError(
                f"the base models of {self.frozen} were trained with keys of `[base]` that this version of "
                "prunebench does not have: upgrade prunebench, or set `base.pretrained=false`"
            ) from error

    def recipe_keys(self) -> dict[str, Any]:
        """The keys of the training, as JSON values; absent where they are none."""
        return self.model_dump(mode="json", exclude=set(NO_TRAINING), exclude_none=True)

    @property
    def loaded(self) -> str | None:
        """The set that base models are loaded from, `None` where they are trained or a checkpoint's."""
        return self.frozen if self.pretrained else None


def _filled(usual: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A table with the usual values for absent keys, also within the tables that it holds."""
    inner = {
        key: _filled(value, given[key])
        for key, value in usual.items()
        if isinstance(value, dict) and isinstance(given.get(key), dict)
    }
    return {**usual, **given, **inner}


def _recipe_of(name: str) -> Mapping[str, Any]:
    found = base_set(name)
    said = found.of_seed(next(iter(found.seeds))).metadata().recipe
    return {key: value for key, value in said.items() if key not in NO_TRAINING}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return "none" if value is None else str(value)
