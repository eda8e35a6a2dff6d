"""`python -m prunebench` is the command line."""

from prunebench.cli import main

if __name__ == "__main__":
    main()
