"""Hypothesis profiles: fixed seeds where the result gates, fresh ones (ENVGEN_SEED=fresh) where bugs are hunted."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("theorem", derandomize=False, deadline=None, database=None, print_blob=True)
settings.load_profile("theorem" if os.environ.get("ENVGEN_SEED") == "fresh" else "ci")
