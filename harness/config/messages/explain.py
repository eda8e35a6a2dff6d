"""What is wrong with a configuration, where, and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pydantic

from prunebench.eval.errors import nearest
from prunebench.eval.text.inline_value import shown
from prunebench.harness.config.fields import TABLES
from prunebench.harness.config.messages.list_hint import list_hint
from prunebench.harness.config.messages.toml_lines import line_of

ALTERNATIVES = ("int",)  # what pydantic adds to the place of a value that may also be something else
QUOTES = "\"'"
SET = "--set "  # before an override, where it is the place of an error
# Type of an error → what must hold, and what to do, in a user's words; `{}` is the key.
MUST: dict[str, tuple[str, str]] = {
    "too_short": ("must not be empty", "give at least one"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dict_type"),
        ("must be a table", "set its keys one by one, `{}.KEY = VALUE`"),
    ),
    # The one pattern of the configuration is that of `name`.
    "string_pattern_mismatch": (
        "may contain only letters, digits, `.`, `_` and `-`, and must not begin with `.`",
        "give another name",
    ),
}

WHOLE, ANY, TRUTH, TEXT = "a whole number", "a number", "`true` or `false`", "text"
# Type of an error → what a value must be, in a user's words; `{}` is the limit that pydantic names.
BE: dict[str, str] = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), WHOLE),
    **dict.fromkeys(("float_parsing", "float_type"), ANY),
    **dict.fromkeys(("bool_parsing", "bool_type"), TRUTH),
    "int_parsing_size": "a smaller whole number",
    "finite_number": "finite",
    "string_type": TEXT,
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    "greater_than_equal": "at least {}",
    "greater_than": "more than {}",
    "less_than_equal": "at most {}",
    "less_than": "less than {}",
    "literal_error": "{}",
}


def explain(
    error: pydantic.ValidationError,
    schema: Mapping[str, Any],
    source: str,
    text: str,
    overrides: Iterable[str],
) -> str:
    """One sentence on the first error: the place, the key, what must hold, what was found.

    Args:
        error: of the validation.
        schema: JSON schema of the configuration, for valid keys.
        source: preset or file.
        text: its TOML text.
        overrides: as `--set` gave them; a key that one of them set is not looked up in the text.
    """
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    if where and where[-1] in ALTERNATIVES:
        where.pop()
    written = [
        part for place, part in enumerate(where) if not (place == 1 and where[0] in TABLES and part == "0")
    ]
    key = ".".join(written)
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        said = f"Unknown key `{key}`; {nearest(where[-1], _keys(schema, where[:-1]))}"
    elif first["type"] in MUST:
        holds, do = MUST[first["type"]]
        if "{}" in do and written[-1].isdigit():  # an entry of a list, which no dotted key reaches
            do = "write it as `{{KEY = VALUE}}`"
        said = f"{_named(written)} {holds}. Found {shown(first['input'])}: {do.format(key)}."
    elif first["type"] in BE:
        what = BE[first["type"]].format(*map(_limit, first.get("ctx", {}).values()))
        said = f"{_named(written)} must be {what}. Found {shown(first['input'])}."
    else:
        message = first["msg"].removeprefix("Value error, ")
        if where[:1] == ["data"] and (option := re.match(r"Option `(\w+)`", message)):
            written = [*written, option[1]]
            key, message = ".".join(written), f"`{'.'.join(written)}`{message[option.end() :]}"
        found = "" if _tells(message, first["input"]) else f" Found {shown(first['input'])}."
        end = "" if message.endswith("?") else "."
        about = f"{_named(written)}: " if key and not re.search(rf"`{re.escape(key)}[.`]", message) else ""
        said = f"{about}{message.rstrip('.')}{end}{found}"
    tables = "|".join(TABLES)
    named = (
        re.findall(rf"`((?:{tables}|claim)|[a-z_]+\.[a-z_.]+)(?: = [^`]*)?`", said) if len(where) < 2 else []
    )
    keys = [written, where, where[:1], *(name.split(".") for name in named)]
    place = _place(source, text, overrides, keys, said)
    return f"{place}: {said}{list_hint(place.removeprefix(SET), schema) if place.startswith(SET) else ''}"


def _tells(message: str, given: Any) -> bool:
    """Whether a message shows by itself what was found: a value, or the entry of a list that is wrong."""
    if isinstance(given, dict) or "Found" in message or "Unknown" in message:
        return True
    entries = given if isinstance(given, list | tuple) else ()
    return any(isinstance(entry, str) and f"`{entry.partition('[')[0]}`" in message for entry in entries)


def _named(parts: Sequence[str]) -> str:
    """`finetune.steps`; of a list, which entry."""
    *rest, last = parts
    return (
        f"Entry {int(last) + 1} of `{'.'.join(rest)}`" if last.isdigit() and rest else f"`{'.'.join(parts)}`"
    )


def _limit(value: object) -> str:
    """A bound as people write it, or the values that pydantic lists: `1`, `"a" or "b"`."""
    if isinstance(value, int):
        return str(value)
    return f"{value:g}" if isinstance(value, float) else str(value).replace("'", "`")


def _place(source: str, text: str, overrides: Iterable[str], keys: Sequence[Sequence[str]], said: str) -> str:
    given = list(overrides)[::-1]  # the last of one key holds
    for key in filter(None, keys):
        for override in given:
            name, _, value = (part.strip() for part in override.partition("="))
            parts = name.split(".")
            # A mistake of a whole table is an override's where the sentence shows what that one gave.
            shows = (f"`{value.strip(QUOTES)}`", f"`{parts[-1]} = {value.strip(QUOTES)}`")
            if parts[: len(key)] == list(key) and any(shown in said for shown in shows):
                return f"{SET}{override}"
            if list(key[: len(parts)]) == parts or (parts[: len(key)] == list(key) and len(key) > 1):
                return f"{SET}{override}"
    for key in filter(None, keys):
        line = line_of(text, key)
        if line is not None:
            return f"{source}, line {line}"
    return source


def _keys(schema: Mapping[str, Any], parents: Sequence[str]) -> list[str]:
    definitions, node = schema.get("$defs", {}), schema
    for parent in parents:
        node = node.get("items", {}) if parent.isdigit() else node["properties"].get(parent, {})
        choices = [node, *node.get("allOf", ()), *node.get("anyOf", ())]
        reference = next((choice["$ref"] for choice in choices if "$ref" in choice), "")
        node = definitions.get(reference.rpartition("/")[2], node)
    return list(node.get("properties", {}))
