"""Other people's code: pruners and measures that raise anything, return anything, change what they are shown."""

from __future__ import annotations

import torch
from cases import DONE, EITHER, Case, Ended, Place
from kit import model

HEAD = """import sys, torch, numpy, warnings
warnings.simplefilter("ignore")
from dataclasses import dataclass
from typing import ClassVar
from prunebench.pruners import Pruner
class Silent(Exception):
    def __str__(self): raise RuntimeError("cannot be printed")
    __repr__ = __str__
class Loud(Exception):
    def __str__(self): return "loud\\x1b[31m\\x00 " * 30_000
class Lines(Exception):
    def __str__(self): return "one\\ntwo\\r\\nthree\\u2028four"
class Base(BaseException): pass
class Odd(Exception):
    def __str__(self): sys.exit(0)
class NoText(Exception):
    def __str__(self): return None
"""
PRUNER = """@dataclass(frozen=True)
class Mine(Pruner):
    name: ClassVar[str] = "mine"
    reference: ClassVar[str] = ""
    def score(self, layer):
        w = layer.weight
        {body}
"""
RAISES = (
    "sys.exit(0)", "sys.exit(3)", "sys.exit('text')", "sys.exit(None)", "raise SystemExit",
    "raise Base('x')", "raise GeneratorExit", "raise Silent", "raise Loud", "raise Lines",
    "raise Odd", "raise NoText", "raise ValueError", "raise ValueError('x' * 200_000)",
    "raise OSError(28, 'No space left on device')", "raise MemoryError", "raise RecursionError",
    "raise StopIteration",
    "raise BrokenPipeError", "raise FileNotFoundError('f')", "raise ImportError('no module')",
    "raise BaseExceptionGroup('g', [Base()])", "raise ExceptionGroup('g', [ValueError(1)])",
    "raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')",
    "raise AssertionError", "raise NotImplementedError", "return (lambda f: f(f))(lambda f: f(f))",
    "torch.zeros(1 << 62)", "return w.nothing", "exit()", "import click; raise click.exceptions.Exit(0)",
    "import click; raise click.Abort",
    "import click; click.get_current_context().exit(0)", "import click; raise click.UsageError('u')",
)  # fmt: skip
RETURNS = (
    "None", "5", "'text'", "[]", "[1.0] * len(w)", "numpy.ones(len(w))", "torch.ones(len(w) + 1)",
    "torch.ones(0)", "torch.ones(())", "torch.ones(len(w), 1)", "w", "torch.full((len(w),), float('nan'))",
    "torch.full((len(w),), float('inf'))", "torch.ones(len(w)).to_sparse()",
    "torch.ones(len(w), device='meta')", "torch.ones(len(w), dtype=torch.complex64)",
    "torch.nested.nested_tensor([torch.ones(len(w))])",
    "torch.quantize_per_tensor(torch.ones(len(w)), 0.1, 0, torch.qint8)",
    "torch.ones(len(w)).to(torch.float8_e4m3fn)", "(torch.ones(len(w)),)",
    "{'scores': torch.ones(len(w))}", "lambda: 1", "torch.ones(1).expand(1 << 40)",
    "numpy.ones(len(w), dtype=object)", "iter([1.0])", "type(w)", "torch.ones(len(w)).to_mkldnn()",
    "object()", "torch.ones(len(w), len(w)).to_sparse_csr()",
)  # fmt: skip
FINE = (
    "w.abs().flatten(1).sum(1)",
    "w.abs().flatten(1).sum(1).double()",
    "w.abs().flatten(1).sum(1).half()",
    "torch.arange(len(w))",
    "w.abs().flatten(1).sum(1).requires_grad_()",
    "torch.nn.Parameter(w.abs().flatten(1).sum(1))",
)


def _use(place: Place, codes: frozenset[int], verbs: tuple[str, ...] = ("prune", "score", "run")) -> Case:
    kind = place.chance.choice(verbs)
    if kind == "run":
        words = [
            "run",
            place.put("tiny.toml"),
            "--pruner-file",
            "mine.py",
            "--set",
            'prune.criteria=["mine"]',
            "-o",
            "r",
        ]
        return Case(words, codes | {1} if codes == {2} else codes, ("r",), keeps=("r",))
    place.put("m.pth")
    output = ["--ratio", "0.5", "-o", "o.pth"] if kind == "prune" else ["-o", "s"]
    return Case(
        [kind, "m.pth", "--pruner", "mine", "--pruner-file", "mine.py", *output], codes, ("s", "o.pth")
    )


REFUSED = frozenset({2})


def raises(place: Place) -> Case:
    """Whatever is raised while filters are scored is one sentence."""
    place.write("mine.py", HEAD + PRUNER.format(body=place.chance.choice(RAISES)))
    return _use(place, REFUSED, ("prune", "score") if place.chance.random() < 0.9 else ("run",))


def raises_in_file(place: Place) -> Case:
    """The same where the file is read."""
    body = place.chance.choice(RAISES)
    body = f"(lambda: {body[7:]})()" if body.startswith("return ") else body
    place.write(
        "mine.py",
        HEAD + PRUNER.format(body="return w.abs().flatten(1).sum(1)") + f"w = torch.ones(3)\n{body}\n",
    )
    return _use(place, REFUSED)


def raises_elsewhere(place: Place) -> Case:
    """The same in a property, a check of parameters, an observation, a class attribute's descriptor."""
    body = place.chance.choice(
        [text for text in RAISES if not text.startswith("return ") and "w." not in text]
    )
    method = place.chance.choice(
        (
            f"    def __post_init__(self):\n        {body}\n",
            f"    @property\n    def label(self):\n        {body}\n",
            f"    @property\n    def own_budget(self):\n        {body}\n",
            f"    def __hash__(self):\n        {body}\n",
            f"    def __repr__(self):\n        {body}\n",
            f"    def __init_subclass__(cls):\n        {body}\n",
        )
    )
    place.write("mine.py", HEAD + PRUNER.format(body="return w.abs().flatten(1).sum(1)") + method)
    return _use(place, frozenset({0, 2}), ("prune", "score"))


def returns(place: Place) -> Case:
    place.write("mine.py", HEAD + PRUNER.format(body=f"return {place.chance.choice(RETURNS)}"))
    return _use(place, REFUSED, ("prune", "score") if place.chance.random() < 0.9 else ("run",))


def returns_fine(place: Place) -> Case:
    """Scores of other number types keep the filters that L1 keeps."""
    body = place.chance.choice(FINE)
    place.write("mine.py", HEAD + PRUNER.format(body=f"return {body}"))

    def check(ended: Ended) -> str | None:
        if "arange" in body:
            return None
        ended.again("prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "p.pth")
        mine, theirs = (torch.load(ended.at / f"{name}.pth", weights_only=True)["model"] for name in "op")
        key = "fc1.weight"
        return None if torch.equal(mine[key], theirs[key]) else "other filters were kept"

    case = _use(place, DONE, ("prune",))
    return Case(case.words, DONE, ("o.pth",), check=check)


CHANGES = (
    "w.zero_()", "w.mul_(2)", "w.data.fill_(1)", "layer.bn.weight.data.zero_()",
    "layer.bn.running_var.fill_(9)", "layer.consumer_weight.data.zero_()", "torch.manual_seed(5)",
    "torch.rand(5)",
    "numpy.random.seed(3)", "import random; random.random()",
    "[m.parameter.data.zero_() for m in layer.group]", "torch.set_default_dtype(torch.float64)",
    "torch.set_grad_enabled(False)", "torch.set_num_threads(2)", "import os; os.chdir('/')",
    "sys.stdout.write('noise')", "sys.argv.clear()", "import warnings; warnings.warn('careful')",
    "torch.use_deterministic_algorithms(True)", "import os; os.environ.clear()", "sys.path.clear()",
    "w.resize_(1)", "w.set_(torch.ones(1))", "w.share_memory_()",
    "import signal; signal.alarm(0)", "sys.setrecursionlimit(80)", "layer.weight.requires_grad_(True)",
)  # fmt: skip


def changes(place: Place) -> Case:
    """A pruner that changes what it is shown changes no model: layers out of scope stay as they were."""
    place.write(
        "mine.py",
        HEAD
        + PRUNER.format(
            body=f"s = w.abs().flatten(1).sum(1).clone(); {place.chance.choice(CHANGES)}; return s"
        ),
    )

    def check(ended: Ended) -> str | None:
        if ended.code == 2:
            return None
        before, after = model().state_dict(), torch.load(ended.at / "o.pth", weights_only=True)["model"]
        ended.again("prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "p.pth")
        right = torch.load(ended.at / "p.pth", weights_only=True)["model"]
        wrong = [
            key
            for key in right
            if right[key].shape != after[key].shape or not torch.equal(right[key], after[key])
        ]
        assert before
        return f"{wrong[0]} has other values" if wrong else None

    place.put("m.pth")
    words = [
        "prune",
        "m.pth",
        "--pruner",
        "mine",
        "--pruner-file",
        "mine.py",
        "--ratio",
        "0.5",
        "-o",
        "o.pth",
    ]
    return Case(words, frozenset({0, 2}), ("o.pth",), check=check)


def files(place: Place) -> Case:
    """Files that are no Python, define nothing or too much."""
    good = HEAD + PRUNER.format(body="return w.abs().flatten(1).sum(1)")
    content: str | bytes = place.chance.choice(
        ("", "x = 1\n", "def f(:\n", "\0", b"\xff\xfe\x00", "# coding: nothing\n",
        "import nothing_of_that_name\n", good.replace('"mine"', '"l1"'), good.replace('"mine"',
        '"bad\\x1b[31m"'),
         good.replace('"mine"', '""'), good.replace('"mine"', "5"), good.replace('"mine"',
         '"' + "x" * 100_000 + '"'), good + good.replace("class Mine", "class Other"),
         good.replace("@dataclass(frozen=True)\n", ""),
         good.replace("(Pruner)", ""), good + "    needs = 5\n",
         good + '    needs = frozenset({"nothing"})\n', good + "    version = 'x'\n",
         good + "    extra: int\n", good + "    extra: object = object()\n",
         "(" * 100_000, "x = " + "[" * 5000 + "]" * 5000, "while True: raise ValueError\n",
         "class A: pass\n" * 5000, good.encode("utf-16"))
    )  # fmt: skip
    place.write("mine.py", content)
    if place.chance.random() < 0.15:
        import os

        (place.at / "mine.py").unlink()
        place.chance.choice(
            (os.mkfifo, os.mkdir, lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to("mine.py"))
        )(place.at / "mine.py")
    return _use(place, EITHER, ("prune", "score"))


MEASURE = """from prunebench.eval import QualityMeasure
def value(targets, scores):
    {body}
MINE = QualityMeasure("mine", "mine", "higher", value)
"""


def installed(place: Place) -> Case:
    """Entry points of other distributions that raise when they are loaded or asked."""
    body = place.chance.choice([text for text in RAISES if "return" not in text and "w." not in text])
    group = place.chance.choice(("pruners", "measures", "datasets", "networks"))
    place.write("plug/evil_plugin.py", f"{HEAD}\n{body}\n")
    place.write(
        "plug/evil_plugin-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil-plugin\nVersion: 1.0\n"
    )
    place.write(
        "plug/evil_plugin-1.0.dist-info/entry_points.txt", f"[prunebench.{group}]\nevil = evil_plugin:Evil\n"
    )
    place.put("m.pth")
    words = place.chance.choice(
        (
            ["list", group if group in ("pruners", "measures") else "datasets"],
            ["doctor"],
            ["prune", "m.pth", "--pruner", "evil", "--ratio", "0.5", "-o", "o.pth"],
            ["measure", "m.pth"],
            ["score", "m.pth", "--pruner", "l1", "-o", "s"],
        )
    )
    return Case(words, EITHER, ("o.pth", "s"), fresh=True, environment={"PYTHONPATH": str(place.at / "plug")})


VARIANTS = (
    raises,
    raises_in_file,
    raises_elsewhere,
    returns,
    returns_fine,
    changes,
    files,
    installed,
    raises,
    returns,
    changes,
    files,
)
