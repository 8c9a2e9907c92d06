"""The rig: real programs on loopback, for what no unit test can show.

`make rig` builds them once, `make e2e` starts them and asks.  Recipes and reasons: docs/rig.md.
"""
