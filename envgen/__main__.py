"""`envgen` and `python -m envgen`."""

import gc

from envgen.cli import main


def start() -> None:
    """Run the command line in a process of its own."""
    gc.disable()  # a run makes millions of small values and ends: collecting them took 40 % of validate
    main()


if __name__ == "__main__":
    start()
