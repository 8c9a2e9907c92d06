"""What the judges said, and the page that tells it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fidelity import judges
from tests.fidelity.nouns import Mutant
from tests.rig.api import Api

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "fidelity.md"


@dataclass(frozen=True)
class Case:
    """One mutant, and why each judge refuses it; empty where one does not."""

    mutant: Mutant
    server: str
    envgen: str
    peer: str


@dataclass(frozen=True)
class Row:
    """The counts of one family."""

    family: str
    cases: tuple[Case, ...]

    @property
    def refused(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.server)

    @property
    def taken(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.server)

    @property
    def text(self) -> str:
        agreed = (sum(bool(case.envgen) for case in self.refused), sum(bool(case.peer) for case in self.refused))
        wrong = (sum(bool(case.envgen) for case in self.taken), sum(bool(case.peer) for case in self.taken))
        cells = (self.family, len(self.cases), len(self.refused), *agreed, *wrong)
        return f"| {' | '.join(map(str, cells))} |"


def judged(mutants: Sequence[Mutant], api: Api, root: Path = ROOT) -> tuple[Case, ...]:
    """What all judges say of all mutants."""
    objects = [mutant.object for mutant in mutants]
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        said = (
            judges.server(api, objects),
            judges.envgen(objects, Path(ours), root),
            judges.kubeconform(objects, Path(theirs), root),
        )
    return tuple(Case(*each) for each in zip(mutants, *said, strict=True))


def rows(cases: Sequence[Case]) -> tuple[Row, ...]:
    families = dict.fromkeys(case.mutant.family for case in cases)
    return tuple(Row(family, tuple(c for c in cases if c.mutant.family == family)) for family in families)


def missed(cases: Sequence[Case]) -> tuple[Case, ...]:
    """What the server refuses and `validate` does not."""
    return tuple(case for case in cases if case.server and not case.envgen)


def falsely_refused(cases: Sequence[Case]) -> tuple[Case, ...]:
    """What `validate` refuses and the server does not."""
    return tuple(case for case in cases if case.envgen and not case.server)


def page(cases: Sequence[Case]) -> str:
    """The whole page; the same for the same verdicts."""
    found = rows(cases)
    total = Row("**all**", tuple(cases))
    return "\n".join((_HEAD, *(row.text for row in (*found, total)), "", *_missed_lines(found), ""))


def _missed_lines(found: Sequence[Row]) -> list[str]:
    lines = ["## What is still missed", ""]
    for row in found:
        cases = missed(row.cases)
        if cases:
            lines += [f"**{row.family}**", "", *(f"- {_line(case)}" for case in cases), ""]
    return lines[:-1] if len(lines) > 2 else [*lines, "Nothing of these."]


def _line(case: Case) -> str:
    reason = " ".join(case.server.partition("is invalid: ")[2].split()) or case.server
    return f"{case.mutant.title}: `{reason[:120].replace('`', '')}`"


_HEAD = """\
# Fidelity

How far `envgen validate` says beforehand what a Kubernetes API server would say. This page is written by a program from
what the judges say; `tests/e2e/test_fidelity.py` holds it to be true.

## What is judged

The objects that this repository renders, up to six shapes of each kind, and kinds that it has none of yet, made of the
same pods, labels and names: StatefulSet, DaemonSet, Job, CronJob, Pod, Secret, HorizontalPodAutoscaler,
PodDisruptionBudget, Role, ClusterRole, ResourceQuota, LimitRange, PriorityClass, StorageClass, PersistentVolume. In
each, one field is changed: a mutant. The operators that change them are in `tests/fidelity/operators`, by family. The
family *valid* changes objects in ways that look odd and are not.

- **Server** is kube-apiserver v1.36.2, asked for a creation with `dryRun=All` and `fieldValidation=Strict`. What it
  takes of `tekton.dev/v1` is shown to Tekton's own validation too, as its webhook would.
- **envgen** is `envgen validate` on a folder with a kustomization and the mutant. Only findings count that say that a
  server would refuse it: the rules under *What the API server refuses* in [rules.md](rules.md), `schema-violation`,
  `unknown-kind`, `build-failure`, `gpu-request-differs` and `gpu-fraction`.
- **kubeconform** is v0.7.0 with `-strict` and the schemas that envgen has. It judges schemas and nothing else.

The server and envgen take all the unchanged objects. What depends on other objects or on the machine is out of reach:
whether a class exists, which addresses are free, which time zones the server knows.

## How to run it

    make rig                            # builds the servers, once
    python -m tests.fidelity            # prints this page
    make fidelity                       # rewrites it
    python -m tests.fidelity --all      # every operator on every kind, some thousand mutants

## Agreement

*Refused* is what the server refuses; *envgen* and *kubeconform* how much of that they refuse too; *false* is what each
refuses and the server takes.

| family | mutants | refused | envgen | kubeconform | false: envgen | false: kubeconform |
|---|---:|---:|---:|---:|---:|---:|"""
