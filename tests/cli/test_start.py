"""The command line starts quickly: heavy modules load when they are needed. And it completes in a shell."""

import os
import subprocess
import sys

HEAVY = ("torch", "numpy", "scipy", "pydantic", "matplotlib", "rich", "fvcore", "jinja2")


def test_help_loads_nothing_heavy():
    code = (
        "import sys, prunebench.cli\n"
        "sys.argv = ['prunebench', '--help']\n"
        "try:\n    prunebench.cli.main()\n"
        f"finally:\n    print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Commands:" in done.stdout
    assert done.stdout.endswith("loaded: []\n")


def test_a_shell_completes_verbs():
    asked = {"COMP_WORDS": "prunebench re", "COMP_CWORD": "1", "_PRUNEBENCH_COMPLETE": "bash_complete"}
    code = "import sys; sys.argv = ['prunebench']; from prunebench.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, timeout=60
    )
    assert "plain,report" in done.stdout.splitlines()
