"""Writes the JSON Schemas of what verbs print with `--json`, and the list of them: `python docs/_schemas.py`.

They are made from the forms in `src/prunebench/cli/printed`, which every output is checked against when it is printed.
A test fails where a file differs from its form.
"""

from __future__ import annotations

import json
from pathlib import Path

from prunebench.cli.printed.json_schema import schema_of
from prunebench.cli.printed.outputs import PRINTED

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference" / "schemas"
PAGE = ROOT / "docs" / "reference" / "json.md"
BEGIN, END = "<!-- schemas -->\n", "<!-- end of schemas -->\n"


def files() -> dict[str, str]:
    """File name → text, of every schema."""
    return {f"{name}.json": text_of(name) for name in PRINTED}


def text_of(name: str) -> str:
    """The schema of an output."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def page(before: str) -> str:
    """The page with its table of outputs made anew."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + table() + END + tail


def table() -> str:
    """A row an output."""
    rows = ["| command | prints | schema |", "|---|---|---|"]
    for name, printed in PRINTED.items():
        schema = schema_of(name)
        command = printed.command.replace("|", "\\|")
        what = schema["items" if printed.rows else "description"]
        if printed.rows:
            row = what["description"]
            what = f"A list with one row for each item: {row[0].lower()}{row[1:]}"
        rows.append(f"| `{command}` | {what} | [{name}.json](schemas/{name}.json) |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the files; those of outputs that are gone are deleted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = files()
    for path in FOLDER.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
