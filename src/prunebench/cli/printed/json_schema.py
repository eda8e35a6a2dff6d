"""JSON Schemas (2020-12) of what verbs print, made from the forms that the outputs are checked against."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from prunebench.cli.printed.form import meanings
from prunebench.cli.printed.outputs import PRINTED
from prunebench.cli.printed.printing import form_named

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = "Raised when a key goes away or changes its meaning; a new key raises nothing."


class _Described(GenerateJsonSchema):
    """Says of every object what it is, and of every key what it means."""

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        found = super().typed_dict_schema(schema)
        form = schema["cls"]
        found["title"] = _title(form.__name__)
        summary = re.split(r"\n\s*\n", inspect.cleandoc(form.__doc__ or ""))[0]
        found["description"] = _sentence(summary.replace("\n", " "))
        told = meanings(form)
        for key, value in found["properties"].items():
            if key in told:
                value["description"] = _sentence(told[key])
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        found = super().nullable_schema(schema)
        kinds = [part.get("type") if list(part) == ["type"] else None for part in found.get("anyOf", [{}])]
        return {"type": kinds} if all(kinds) else found

    def field_title_should_be_set(self, schema: Any) -> bool:
        """A title would repeat the key."""
        return False


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of an output.

    Args:
        name: of `prunebench.cli.printed.outputs.PRINTED`.
    """
    printed = PRINTED[name]
    made = TypeAdapter(form_named(name)).json_schema(schema_generator=_Described)
    parts = made.pop("$defs", {})
    version = {"const": printed.version, "description": VERSION}
    made["properties"] = {"schema_version": version, **made["properties"]}
    made["required"] = ["schema_version", *made.get("required", ())]
    head = {
        "$schema": DIALECT,
        "$id": f"urn:prunebench:schema:{name}:{printed.version}",
        "title": printed.command,
        "description": made["description"],
    }
    body = {"type": "array", "items": made} if printed.rows else {**made, "title": printed.command}
    return {**head, **{k: v for k, v in body.items() if k not in head}, **({"$defs": parts} if parts else {})}


def _sentence(text: str) -> str:
    """What a docstring says of a key, as a sentence; it says `None` and nan where JSON has `null`."""
    told = re.sub(r"`None`|\bnan\b", "`null`", text)
    return f"{told[0].upper()}{told[1:].rstrip('.')}."


def _title(name: str) -> str:
    """`TaggedFileJson` as `Tagged file`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Json")).capitalize()
