"""`prunebench` and `python -m prunebench` are the command line."""

import sys

from prunebench.stopping import ended_by_signals, stop_code


def main() -> None:
    """Run the command line as a process: signals are answered from before its imports to after its exit hooks."""
    with ended_by_signals(for_good=True):
        try:
            from prunebench.cli import main as run

            run()
        except KeyboardInterrupt as error:  # before the command line could say so itself
            sys.stderr.write("Stopped.\n")
            sys.exit(stop_code(error))


if __name__ == "__main__":
    main()
