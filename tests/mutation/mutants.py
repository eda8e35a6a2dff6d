"""Small faults put into the code, one at a time, to see whether a test notices.

Six kinds: another comparison, another arithmetic operator, another constant, a negated condition, two arguments
swapped, a statement dropped. Left alone are messages of errors, annotations, calls that any change breaks
(`isinstance`), and the numbers of drawing code, which decide looks that eyes judge.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("pruners", "eval", "baselines", "harness", "reports", "src/prunebench/cli")
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
# Calls that any change breaks, or that hold words for people.
DULL = (
    *("isinstance", "issubclass", "getattr", "TypeVar"),
    *("click.option", "click.argument", "Field", "InputError", "say"),
)
LOOKS = ("reports/figures", "reports/page", "src/prunebench/cli/live_display.py")


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Args:
        file: from the root of the repository.
        line: where the change begins, from 1.
        kind: one of the six.
        before, after: the piece of code.
        start, end: of the piece, in bytes of the file.
        lines: those that the piece lies in, before and after, without white space around them.
    """

    file: str
    line: int
    kind: str
    before: str
    after: str
    start: int
    end: int
    lines: tuple[str, str]

    @property
    def name(self) -> str:
        """What tells it apart wherever its line moves: file, kind, and its line before and after."""
        return f"{self.file}: {self.kind}: {self.lines[0]} -> {self.lines[1]}"

    def applied(self, source: bytes) -> bytes:
        """The file with the fault in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def sample(root: Path, count: int, seed: int) -> list[Mutant]:
    """So many mutants, drawn file by file so that long files do not crowd out short ones; the same for a seed."""
    drawn = random.Random(seed)
    files = [
        path for room in ROOMS for path in sorted((root / room).rglob("*.py")) if path.name != "__init__.py"
    ]
    pools = [pool for path in files if (pool := list(mutants_of(root, path)))]
    found: list[Mutant] = []
    while len(found) < count and pools:
        drawn.shuffle(pools)
        for pool in pools[: count - len(found)]:
            found.append(pool.pop(drawn.randrange(len(pool))))
        pools = [pool for pool in pools if pool]
    return sorted(found, key=lambda mutant: (mutant.file, mutant.start))


def mutants_of(root: Path, path: Path) -> Iterator[Mutant]:
    """Every mutant of a file."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    name = path.relative_to(root).as_posix()
    for node, kind, changed in _changes(ast.parse(source), looks=name.startswith(LOOKS)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before, after = (
            source[start:end].decode(),
            changed if isinstance(changed, str) else ast.unparse(changed),
        )
        if before != after:
            head = source[starts[node.lineno - 1] : start].decode()
            tail = source[end : starts[node.end_lineno or node.lineno]].decode()
            lines = (" ".join(f"{head}{piece}{tail}".split()) for piece in (before, after))
            yield Mutant(name, node.lineno, kind, before, after, start, end, (next(lines), next(lines)))


def _changes(tree: ast.Module, *, looks: bool) -> Iterator[tuple[ast.expr | ast.stmt, str, ast.AST | str]]:
    for node in _mutable(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            other = COMPARISONS[type(node.ops[0])]()
            yield node, "comparison", ast.Compare(node.left, [other], node.comparators)
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _text(node.left, node.right):
            # Brackets, since a product that became a sum would bind less tightly than what stands around it.
            yield (
                node,
                "arithmetic",
                f"({ast.unparse(ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right))})",
            )
        elif isinstance(node, ast.Constant) and not looks:
            if isinstance(node.value, bool):
                yield node, "constant", repr(not node.value)
            elif isinstance(node.value, int):
                yield node, "constant", repr(node.value + 1)
            elif isinstance(node.value, float):
                yield node, "constant", repr(node.value * 2 or 1.0)
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test, "condition", f"(not ({ast.unparse(node.test)}))"
        elif (
            isinstance(node, ast.Call)
            and len(node.args) > 1
            and not any(isinstance(a, ast.Starred) for a in node.args)
        ):
            first, second, *others = node.args
            if ast.dump(first) != ast.dump(second):
                yield node, "arguments", ast.Call(node.func, [second, first, *others], node.keywords)
        elif isinstance(node, ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            yield node, "statement", "pass"


def _mutable(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, without messages, annotations, declarations and what types alone need."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Raise | ast.JoinedStr | ast.Assert | ast.alias):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func).endswith(DULL):
            continue
        if isinstance(child, ast.Subscript) and isinstance(tree, ast.arg | ast.AnnAssign):
            continue
        yield child
        if isinstance(child, ast.FunctionDef):
            for statement in (*child.decorator_list, *child.body):
                yield from _inside(statement)
            for default in child.args.defaults:
                yield from _inside(default)
        elif isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield from _inside(child.value)
        else:
            yield from _mutable(child)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    holder = ast.Module(body=[node] if isinstance(node, ast.stmt) else [ast.Expr(node)], type_ignores=[])
    found = _mutable(holder)
    if not isinstance(node, ast.stmt):
        next(found, None)  # the statement that was put around an expression
    yield from found


def _text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        for node in nodes
    )
