"""`envgen` and `python -m envgen`."""

import atexit
import gc

from envgen.cli import main


def start() -> None:
    """Run the command line in a process of its own."""
    gc.disable()  # a run makes millions of small values and ends: collecting them took 40 % of validate
    atexit.register(gc.freeze)  # looking through them all once more at the very end takes another 12 ms
    main()


if __name__ == "__main__":
    start()
