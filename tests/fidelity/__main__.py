"""`python -m tests.fidelity`: ask the judges and print docs/fidelity.md, or rewrite it."""

import sys
import tempfile
from pathlib import Path

from tests.fidelity.corpus import corpus, everything
from tests.fidelity.table import PAGE, ROOT, judged, page
from tests.rig import programs
from tests.rig.bench import NEEDED, bench

JUDGES = (*NEEDED, "kubeconform", "tekton-validate")

try:
    programs.provide(JUDGES, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # its progress
except (programs.Missing, programs.BuildError) as err:
    sys.exit(f"fidelity: {err}")
mutants = everything(ROOT) if "--all" in sys.argv else corpus(ROOT)
with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as cluster:
    text = page(judged(mutants, cluster.api))
if "--write" in sys.argv:
    PAGE.write_text(text)
else:
    sys.stdout.write(text)
