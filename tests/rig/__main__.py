"""`make rig`: install and build everything, saying what and how long."""

import sys

from tests.rig import programs


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


try:
    programs.provide(programs.EVERYTHING, say)
except (programs.Missing, programs.BuildError) as err:
    sys.exit(f"rig: {err}")
say(f"the rig's programs are in {programs.CACHE}")
