"""What is wrong with a configuration, where, and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from prunebench.eval.errors import nearest
from prunebench.eval.text.inline_value import cut, setting_shown, shown
from prunebench.harness.config.fields import TABLES
from prunebench.harness.config.messages.list_hint import list_hint
from prunebench.harness.config.messages.places import Reading, introduced_by, line_in, setting_of
from prunebench.harness.config.messages.right_form import ANY, TEXT, TRUTH, WHOLE, right_form
from prunebench.harness.config.source import ConfigSource, name_of

ALTERNATIVES = ("int",)  # what pydantic adds to the place of a value that may also be something else
# Type of an error → what must hold, and what to do, in a user's words; `{}` is the key.
MUST: dict[str, tuple[str, str]] = {
    "too_short": ("must not be empty", "give at least one"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dict_type"),
        ("must be a table", "set its keys one by one, `{}.KEY = VALUE`"),
    ),
    "string_unicode": ("must be text that UTF-8 can encode", "give another text"),
    # The one pattern of the configuration is that of `name`.
    "string_pattern_mismatch": (
        "may contain only letters, digits, `.`, `_` and `-`, and must not begin with `.`",
        "give another name",
    ),
}

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
    source: ConfigSource,
    text: str,
    overrides: Sequence[str],
    read: Reading,
) -> str:
    """One sentence on the first error: the place, the key, what must hold, what was found.

    Args:
        error: of the validation.
        schema: JSON schema of the configuration, for valid keys.
        source: preset, file or mapping.
        text: its TOML text; a mapping has no lines.
        overrides: as `--set` gave them; a key that one of them set is not looked up in the text.
        read: reads the configuration with some of the overrides, and raises such an error.
    """
    first, *others = error.errors()
    place = list(first["loc"])
    if place and place[-1] in ALTERNATIVES:
        place.pop()
    written = place[:1] + place[2:] if place[:1] and place[0] in TABLES and place[1:2] == [0] else place
    key, needed, found = _dotted(written), "", first["input"]
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        *table, name = written
        inside = _inside(written)
        about = f"{_named(table)}: " if len(inside) < len(written) else ""
        said = f"{about}Unknown key `{cut(_dotted(inside))}`; {nearest(str(name), _keys(schema, place[:-1]))}"
    elif first["type"] in MUST:
        holds, do = MUST[first["type"]]
        if "{}" in do and isinstance(written[-1], int):  # an entry of a list, which no dotted key reaches
            do = "write it as `{{KEY = VALUE}}`"
        said = f"{_named(written)} {holds}. Found {shown(found)}: {do.format(key)}."
    elif first["type"] in BE:
        needed = BE[first["type"]].format(*map(_limit, first.get("ctx", {}).values()))
        texts = [other["ctx"]["expected"] for other in others if other["type"] == "literal_error"]
        said = f"{_named(written)} must be {' or '.join([needed, *map(_limit, texts)])}. Found {shown(found)}"
    else:
        message = first["msg"].removeprefix("Value error, ")
        if place[:1] == ["data"] and (option := re.match(r"Option `(\w+)`", message)):
            written = [*written, option[1]]
            key = _dotted(written)
            message = f"`{key}`{message[option.end() :]}"
        told = "" if _tells(message, found) else f" Found {shown(found)}."
        end = "" if message.endswith("?") else "."
        about = f"{_named(written)}: " if key and not re.search(rf"`{re.escape(key)}[.`]", message) else ""
        said = f"{about}{message.rstrip('.')}{end}{told}"
    tables = "|".join(TABLES)
    named = (
        re.findall(rf"`((?:{tables}|claim)|[a-z_]+\.[a-z_.]+)(?: = [^`]*)?`", said) if len(place) < 2 else []
    )
    unnumbered = [part for part in place if isinstance(part, str)]  # `prune.limits.macs` of a list of one
    about_keys: list[Sequence[str | int]] = [
        written,
        place,
        unnumbered,
        place[:1],
        *(name.split(".") for name in named),
    ]
    keys = [[str(part) for part in parts] for parts in about_keys]
    setting = setting_of(overrides, keys, said) or introduced_by(read, overrides, first)
    if needed:
        set_here = setting is not None and setting.partition("=")[0].strip() == key
        said += f"{right_form(needed, found, key if set_here else None)}."
    if setting is None:
        return f"{name_of(source) if isinstance(source, Mapping) else line_in(name_of(source), text, keys)}: {said}"
    return f"--set {setting_shown(setting)}: {said}{list_hint(setting, schema)}"


def _tells(message: str, given: Any) -> bool:
    """Whether a message shows by itself what was found: a value, or the entry of a list that is wrong."""
    if isinstance(given, dict) or "Found" in message or "Unknown" in message:
        return True
    entries = given if isinstance(given, list | tuple) else ()
    return any(isinstance(entry, str) and f"`{entry.partition('[')[0]}`" in message for entry in entries)


def _dotted(parts: Sequence[str | int]) -> str:
    return ".".join(map(str, parts))


def _named(parts: Sequence[str | int]) -> str:
    """`finetune.steps`; of a list, which entry, and what in it."""
    inside = _inside(parts)
    if len(inside) == len(parts):
        return f"`{_dotted(parts)}`"
    *rest, number = parts[: len(parts) - len(inside)]
    entry = f"Entry {int(number) + 1} of `{_dotted(rest)}`"
    return f"{entry}: `{_dotted(inside)}`" if inside else entry


def _inside(parts: Sequence[str | int]) -> list[str | int]:
    """What follows the number of an entry of a list; all parts if there is no such number, or it is part of a key.

    A name of digits, as in the table `{1 = 2}`, is text.
    """
    numbers = [place for place, part in enumerate(parts) if isinstance(part, int)]
    if len(parts) > 2 and parts[0] in TABLES:  # `data.1.seed`
        numbers = [place for place in numbers if place > 1]
    return list(parts[numbers[-1] + 1 :]) if numbers else list(parts)


def _limit(value: object) -> str:
    """A bound as people write it, or the values that pydantic lists: `1`, `"a" or "b"`."""
    if isinstance(value, int):
        return str(value)
    return f"{value:g}" if isinstance(value, float) else str(value).replace("'", "`")


def _keys(schema: Mapping[str, Any], parents: Sequence[str | int]) -> list[str]:
    definitions, node = schema.get("$defs", {}), schema
    for parent in parents:
        node = node.get("items", {}) if isinstance(parent, int) else node["properties"].get(parent, {})
        choices = [node, *node.get("allOf", ()), *node.get("anyOf", ())]
        reference = next((choice["$ref"] for choice in choices if "$ref" in choice), "")
        node = definitions.get(reference.rpartition("/")[2], node)
    return list(node.get("properties", {}))
