"""Writes what `extend/architecture.md` says of the code, and draws its diagram: `python docs/_architecture.py`.

The tree comes from the docstrings of the packages, the arrows from the imports of every file as the test of the walls
reads them, the main job from a small sweep that `_journey.py` follows. A test holds page and diagram to the code.
"""

from __future__ import annotations

import ast
import importlib.util
import itertools
import re
import sys
from pathlib import Path
from types import ModuleType

import networkx

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extend" / "architecture.md"
DIAGRAM = ROOT / "docs" / "extend" / "architecture.svg"
ON_DISK = {"cli": "src/prunebench/cli"}  # the other rooms are folders of their name


def module_of(path: Path) -> ModuleType:
    """A script of the repository as a module."""
    if path.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[path.stem])
    return sys.modules[path.stem]


walls = module_of(ROOT / "tests" / "house" / "walls.py")
journey = module_of(ROOT / "docs" / "_journey.py")


def packages() -> dict[str, str]:
    """Dotted name → the first line of the docstring, of every folder; a room before its folders."""
    found = {}
    for name, path in walls.modules().items():
        if path.name == "__init__.py":
            found[name] = first_line(path)
    return found


def first_line(path: Path) -> str:
    """Of a module's docstring."""
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert told, path
    return told.splitlines()[0]


def box_of(row: str) -> str:
    """The box of the diagram that a row of the walls is part of: a room or a folder of it."""
    return ".".join(row.split(".")[:2])


def arrows() -> networkx.DiGraph:
    """Box → boxes it stands on. An import that follows from others has no arrow of its own.

    Raises:
        networkx.NetworkXError: where boxes import each other in a circle.
    """
    imports = networkx.DiGraph()
    for name, path in walls.modules().items():
        row = walls.row_of(name)
        if row is None:
            continue
        imports.add_node(box_of(row))
        for other in walls.imported(path.read_text(encoding="utf-8")):
            below = walls.row_of(other) if other in walls.modules() else None
            if below is not None and box_of(below) != box_of(row):
                imports.add_edge(box_of(row), box_of(below))
    reduced = networkx.transitive_reduction(imports)
    found = networkx.DiGraph()  # in an order that no hash decides, so that the diagram is the same each time
    found.add_nodes_from(sorted(reduced))
    found.add_edges_from(sorted(reduced.edges))
    return found


def tree(stands_on: networkx.DiGraph) -> str:
    """A row for each folder."""
    lines = ["| folder | what it knows | imports |", "|---|---|---|"]
    for name, told in packages().items():
        room, *inner = name.split(".")
        folder = "/".join([ON_DISK.get(room, room), *inner])
        below = ", ".join(f"`{box}`" for box in sorted(stands_on[name])) if name in stands_on else ""
        lines.append(f"| `{folder}/` | {told} | {below} |")
    return "\n".join(lines)


def main_job(opened: list[str], home: tuple[str, ...]) -> str:
    """The files of the main job in the order in which it calls them, and those of others that it calls."""
    own = [file for file in opened if file.startswith(home)]
    lines = ["| | file | what it knows |", "|---:|---|---|"]
    for number, file in enumerate(own, 1):
        lines.append(f"| {number} | `{on_disk(file)}` | {first_line(where(file))} |")
    others = sorted(
        (on_disk(file) for file in opened if file not in own), key=lambda file: file.rpartition("/")
    )
    lines += ["", f"These files call functions in {len(others)} other files:", ""]
    for folder, files in itertools.groupby(others, key=lambda file: file.rpartition("/")[0]):
        lines.append(f"- `{folder}/`: {', '.join(f'`{Path(file).name}`' for file in files)}")
    return "\n".join(lines)


def on_disk(file: str) -> str:
    """A file of a journey by its path in the repository."""
    room, _, inner = file.partition("/")
    return f"{ON_DISK.get(room, room)}/{inner}"


def where(file: str) -> Path:
    """Where a file of a journey lies, in the installed package."""
    room, _, inner = file.partition("/")
    return Path(walls.folder(room)) / inner


def block(page: str, mark: str) -> str:
    """What stands on a page between `<!-- mark -->` and `<!-- end -->`."""
    found = re.search(_between(mark), page, re.DOTALL)
    assert found is not None, mark
    return found[2].strip()


def with_block(page: str, mark: str, text: str) -> str:
    """The page with another text there."""
    block(page, mark)
    return re.sub(_between(mark), lambda m: f"{m[1]}\n{text}\n\n{m[3]}", page, flags=re.DOTALL)


def _between(mark: str) -> str:
    return rf"(<!-- {mark} -->\n)(.*?)(<!-- end -->)"


def as_text(stands_on: networkx.DiGraph) -> str:
    """All arrows in a line, which the diagram carries with it."""
    return "; ".join(sorted(f"{box} on {' '.join(sorted(stands_on[box]))}" for box in stands_on))


def main() -> None:
    """Write page and diagram."""
    stands_on = arrows()
    draw = module_of(ROOT / "docs" / "_architecture_diagram.py").draw
    draw(stands_on, as_text(stands_on), DIAGRAM)
    whole = journey.follow()[0]
    page = PAGE.read_text(encoding="utf-8")
    page = with_block(page, "tree", tree(stands_on))
    page = with_block(page, "main job", main_job(whole.files, whole.home))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
