"""`make rig`: install and build everything, saying what and how long.

Exit code 1: something does not build; 3: this machine cannot have it, so that the tests skip.
"""

import sys

from tests.rig import definitions, programs


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


try:
    definitions.required()
    programs.provide(programs.EVERYTHING, say)
except programs.BuildError as err:
    sys.exit(f"rig: {err}")
except programs.Missing as err:
    say(f"rig: {err}")
    sys.exit(3)
say(f"the rig's programs are in {programs.CACHE}")
