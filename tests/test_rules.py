"""Every rule on small repositories: those it must pass, and those it must name, word for word."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envgen import kustomize, layout, worktree, yamlio, yamltext
from envgen.cache import Cache
from envgen.catalog.read import read_platform
from envgen.model import Document, File, Finding, Kind, Object, Severity, Tree
from envgen.platform import Environment, Platform, Pool, Target
from envgen.report import as_text
from envgen.rules import RULES
from envgen.rules.rule import Rule
from envgen.snapshot import Snapshot, Unit, unit_folders
from envgen.validate import validate
from tests.helpers import CASES

HERE = CASES / "rules"
MANUAL = Path(__file__).parent.parent / "docs" / "rules.md"
BY_ID = {rule.id: rule for rule in RULES}

PADDED = {
    "file-too-large/fail/log-pasted-into-a-comment": ("app/kustomization.yaml", yamlio.MAX_BYTES + 1),
    "file-too-large/pass/exactly-at-the-limit": ("app/kustomization.yaml", yamlio.MAX_BYTES),
}
"""Files too large for git: a comment fills them up to so many bytes."""


def cases(polarity: str) -> list[Any]:
    found = sorted(HERE.glob(f"*/{polarity}/*"))
    return [pytest.param(path, id=f"{path.parent.parent.name}: {path.name}") for path in found]


def laid_out(case: Path, target: Path) -> Path:
    """The repository of a case as a folder of its own."""
    shutil.copytree(case, target, symlinks=True, ignore=shutil.ignore_patterns("expected.txt"))
    path, size = PADDED.get(case.relative_to(HERE).as_posix(), ("", 0))
    if path:
        content = (target / path).read_bytes()
        (target / path).write_bytes(content + b"#".ljust(size - len(content) - 1, b".") + b"\n")
    return target


@pytest.fixture(scope="session")
def store(shared_folder: Path) -> Cache:
    """What kustomize rendered, so that it runs once for each case."""
    return Cache(shared_folder / "rendered")


def rule_of(case: Path) -> str:
    return case.parent.parent.name


# Cases


@pytest.mark.parametrize("case", cases("fail"))
def test_a_rule_finds_what_is_odd(case: Path, tmp_path: Path, store: Cache, update: bool) -> None:
    report = validate(laid_out(case, tmp_path / "repo"), store=store)

    expected = case / "expected.txt"
    if update:
        expected.write_text(as_text(report))
    assert as_text(report) == expected.read_text()
    assert rule_of(case) in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("case", cases("pass"))
def test_a_rule_passes_what_only_looks_odd(case: Path, tmp_path: Path, store: Cache) -> None:
    report = validate(laid_out(case, tmp_path / "repo"), store=store)

    assert [str(f) for f in report.findings if f.rule == rule_of(case) or f.severity is Severity.ERROR] == []


@pytest.mark.parametrize("case", cases("fail"))
def test_without_its_rule_nothing_else_finds_it(case: Path, tmp_path: Path, store: Cache) -> None:
    root = laid_out(case, tmp_path / "repo")
    others = [rule for rule in RULES if rule.id != rule_of(case)]

    with_it = validate(root, store=store).findings
    without = validate(root, store=store, rules=others).findings

    assert without == tuple(finding for finding in with_it if finding.rule != rule_of(case))


def judged(tree: Tree, root: Path) -> set[Finding]:
    """What all rules find in a tree, in whatever order its files come."""
    platform = read_platform(tree) if layout.PLATFORM in tree else None
    program = kustomize.find()
    units = tuple(
        replace(unit, objects=tuple(yamlio.read_output(program.build(root, unit.path).output)))
        for unit in unit_folders(tree, platform)
        if unit.can_be_built
    )
    snapshot = Snapshot(tree, platform, units)
    return {finding for rule in RULES for finding in rule.findings(snapshot)}


ORDERED = [path for rule in ("orphan-file", "unused-image", "duplicate-object") for path in HERE.glob(f"{rule}/*/*")]
ORDERED += sorted(HERE.glob("argocd-*/fail/*"))


@pytest.mark.parametrize("case", [pytest.param(path, id=path.name) for path in sorted(ORDERED)])
def test_findings_do_not_depend_on_the_order_of_files(case: Path, tmp_path: Path) -> None:
    root = laid_out(case, tmp_path / "repo")
    tree = worktree.read(root, [""])

    assert judged(dict(reversed(tree.items())), root) == judged(tree, root)


# The rules as a whole


@pytest.mark.parametrize("polarity", ["pass", "fail"])
@pytest.mark.parametrize("rule", BY_ID)
def test_every_rule_has_a_case(rule: str, polarity: str) -> None:
    assert list((HERE / rule / polarity).iterdir())


def test_every_folder_of_cases_is_a_rule() -> None:
    assert sorted(path.name for path in HERE.iterdir() if path.is_dir()) == sorted(BY_ID)


def test_no_two_rules_have_one_id() -> None:
    assert len(BY_ID) == len(RULES)


def test_the_manual_describes_every_rule_in_order() -> None:
    assert re.findall(r"^## ([a-z0-9-]+)$", MANUAL.read_text(), re.MULTILINE) == list(BY_ID)


@pytest.mark.parametrize("rule", RULES, ids=list(BY_ID))
def test_the_manual_states_the_severity(rule: Rule) -> None:
    section = MANUAL.read_text().partition(f"\n## {rule.id}\n\n")[2]

    assert section.partition(".")[0] == {"error": "Error", "warning": "Warning", "info": "Note"}[rule.severity]


# Whatever people write

NAMES = """
    affinity aggregationRule annotations apiGroups apiVersion channel clusterResourceWhitelist containers data
    default destination destinations elements env envgen.dev/release generators goTemplateOptions image
    initContainers jobTemplate kind kustomize labels limits list matchExpressions metadata model name namespace
    nodeAffinity nodeSelector nodeSelectorTerms nvidia.com/gpu nvidia.com/gpu.product params path predictor
    project replicas requests requiredDuringSchedulingIgnoredDuringExecution resources resourcetemplates roleRef
    rules server serviceAccountName source sourceRepos sources spec steps storage stringData subjects
    syncOptions syncPolicy targetRevision template tolerations type value values verbs
""".split()
WORDS = """
    * 1 AppProject Application ApplicationSet ConfigMap Deployment In InferenceService Pod Secret
    argoproj.io/v1alpha1 apps/v1 default main password postgres://u:p@db s3://m/prod shop v1 x:latest {{.name}}
""".split()
SCALARS = st.one_of(st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(-1, 9), st.just(""), st.just(1.5))


def mappings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(NAMES), values, max_size=6)


SUBJECTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["Group", "ServiceAccount", "User"]), "name": SCALARS}, optional={"namespace": SCALARS}
)
ANYTHING = st.recursive(SCALARS, lambda inner: st.one_of(mappings(inner), st.lists(inner, max_size=3)), max_leaves=30)
SHAPED = st.one_of(
    mappings(ANYTHING),
    st.fixed_dictionaries({"apiVersion": SCALARS, "kind": SCALARS, "metadata": ANYTHING, "spec": mappings(ANYTHING)}),
    st.builds(
        lambda kind, pod: {"apiVersion": "v1", "kind": kind, "metadata": {"name": "shop"}, "spec": pod},
        st.sampled_from(["Pod", "Predictor", "AppProject"]),
        st.fixed_dictionaries(
            {
                "containers": st.lists(mappings(ANYTHING), max_size=2) | ANYTHING,
                "affinity": ANYTHING,
                "nodeSelector": ANYTHING,
                "tolerations": ANYTHING,
            }
        ),
    ),
    st.builds(
        lambda kind, spec: {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": None, "spec": spec},
        st.sampled_from(["Application", "ApplicationSet", "AppProject"]),
        mappings(ANYTHING),
    ),
    st.builds(
        lambda kind, metadata, body: {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": metadata,
            **body,
        },
        st.sampled_from(["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
        mappings(ANYTHING),
        st.fixed_dictionaries(
            {},
            optional={
                "aggregationRule": st.builds(lambda one: {"clusterRoleSelectors": one}, ANYTHING) | ANYTHING,
                "roleRef": st.just({"kind": "ClusterRole", "name": "shop"}) | ANYTHING,
                "rules": st.lists(mappings(ANYTHING), max_size=2) | ANYTHING,
                "subjects": st.lists(mappings(ANYTHING) | SUBJECTS, max_size=2) | ANYTHING,
            },
        ),
    ),
    st.builds(
        lambda kind, spec: {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "shop"}, "spec": spec},
        st.sampled_from(
            [
                ("operators.coreos.com/v1alpha1", "Subscription"),
                ("operators.coreos.com/v1alpha1", "CatalogSource"),
                ("triggers.tekton.dev/v1beta1", "TriggerTemplate"),
                ("argoproj.io/v1alpha1", "Workflow"),
            ]
        ),
        mappings(ANYTHING),
    ),
)

KUSTOMIZATION = """\
resources: [manifests.yaml]
namePrefix: dev-
patches:
- {path: patch.yaml, target: {name: "(?i)shop"}}
images:
- {name: "", newName: x}
replacements:
- sourceValue: ""
  targets:
  - {select: {kind: Pod}, fieldPaths: ["spec.containers.[name=main].image", "spec.*.0.env"]}
secretGenerator:
- {name: shop, literals: [password=x]}
"""
TARGET = Target("dev", "https://dev.example", {"t4": Pool("t4", "1", taints=("gpu=yes:NoSchedule", "gpu:NoExecute"))})
DEV = Environment("dev", Kind.DEV, (TARGET,))
PLATFORM = Platform(
    "1.36", "kubernetes", "https://git.example/r", ("shop",), (DEV,), "{system}-{environment}", Document("", {})
)


def snapshot_of(objects: list[Object], manifest: Object, patch: Any) -> Snapshot:
    """A repository whose files and whose rendering hold whatever is given."""
    texts: Mapping[str, str] = {
        "overlays/dev/shop/kustomization.yaml": KUSTOMIZATION,
        "overlays/dev/shop/manifests.yaml": yamltext.write(manifest),
        "overlays/dev/shop/patch.yaml": yamltext.write(patch),
        "gitops/argocd/root.yaml": yamltext.write(*objects) if objects else "",
    }
    tree = {path: File(text.encode()) for path, text in texts.items()}
    (unit,) = unit_folders(tree, PLATFORM)
    return Snapshot(tree, PLATFORM, (replace(unit, objects=tuple(objects)),), frozenset({"dev"}), provided=SERVED)


SERVED = {"dev": frozenset({"shop.example"})}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SHAPED, max_size=3), SHAPED, st.one_of(SHAPED, st.lists(mappings(ANYTHING), max_size=3)))
def test_no_rule_fails_on_whatever_people_write(objects: list[Object], manifest: Object, patch: Any) -> None:
    snapshot = snapshot_of(objects, manifest, patch)

    findings = [finding for rule in RULES for finding in rule.findings(snapshot)]

    assert {finding.location.path for finding in findings} <= snapshot.tree.keys()


def test_a_unit_without_its_files_is_placed_at_its_folder() -> None:
    unit = replace(unit_of("overlays/dev/gone"), objects=({"apiVersion": "v1", "kind": "Route"},))
    snapshot = Snapshot({}, None, (unit,))

    findings = list(BY_ID["unknown-kind"].findings(snapshot))

    assert [finding.location.path for finding in findings] == ["overlays/dev/gone"]


def unit_of(path: str) -> Unit:
    (unit,) = unit_folders({f"{path}/kustomization.yaml": File(b"namespace: x\n")}, None)
    return replace(unit, closure=replace(unit.closure, kustomizations=()))
