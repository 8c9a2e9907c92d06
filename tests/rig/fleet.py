"""Everything at once: a cluster for each of the platform's, Gitea with the guard's hook, Argo CD between them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from envgen import layout, worktree
from envgen.files.argocd import IN_CLUSTER
from envgen.rules.applications import Application, applications
from envgen.snapshot import Snapshot
from tests.helpers import commit_all, git
from tests.rig import argocd, cluster, definitions, gitea, nodes
from tests.rig.api import namespace
from tests.rig.argocd import ArgoCD
from tests.rig.cluster import Cluster
from tests.rig.definitions import Kind
from tests.rig.gitea import Gitea
from tests.rig.process import Process, eventually
from tests.rig.repository import OURS, Repository, Unit, envgen, foreign_namespaces, moved
from tests.rig.serving import notebook

NEEDED = (*cluster.NEEDED, *nodes.NEEDED, *gitea.NEEDED, *argocd.NEEDED)


@dataclass
class Fleet:
    """The running rig."""

    folder: Path
    store: Process
    clusters: dict[str, Cluster]
    gitea: Gitea
    argocd: ArgoCD
    machines: dict[str, Process] = field(default_factory=dict)
    """kwok, by cluster."""
    seconds: float = 0
    """How long it took until all was ready."""

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator["Fleet"]:
        """Start everything, end everything."""
        started = time.monotonic()
        store = cluster.etcd(folder)
        clusters = {name: Cluster.of(name, folder, store) for name in sorted(OURS.targets)}
        forge = Gitea(folder / "gitea")
        fleet = cls(folder, store, clusters, forge, ArgoCD(folder / "argocd", clusters[OURS.hub]))
        try:
            fleet._start()
            fleet._publish()
            fleet._furnish()
            fleet.seconds = time.monotonic() - started
            yield fleet
        finally:
            fleet.end()

    @property
    def hub(self) -> Cluster:
        return self.clusters[OURS.hub]

    @property
    def processes(self) -> tuple[Process, ...]:
        """All of them, those that depend on others first."""
        servers = (process for one in self.clusters.values() for process in one.programs)
        return (*self.argocd.processes.values(), *self.machines.values(), *servers, self.gitea.process, self.store)

    def end(self) -> None:
        for one in self.clusters.values():
            one.api.close()
        for process in self.processes:
            process.end()

    def begin(self) -> None:
        """What people do once for a new Argo CD: its own project and the root Application; git does the rest."""
        objects = self.repository.argocd
        for name in ("project-platform", "root"):
            self.hub.api.apply(objects[f"{layout.ARGOCD}/{name}.yaml"])
        for unit, one in self.deliveries():
            self._open(unit, one)

    def _open(self, unit: Unit, one: Cluster) -> None:
        """Workbenches' pods, in the place of their controller: Argo CD waits for claims that nothing else binds."""
        benches = [entry for entry in unit.objects if entry["kind"] == "Notebook"]
        for pod in (pod for bench in benches for pod in notebook(bench, unit.objects)):
            account, space = pod["spec"]["serviceAccountName"], unit.namespace
            eventually(partial(one.api.has, "v1", "ServiceAccount", space, account), f"the account of {account}")
            one.api.apply(pod)

    @property
    def expected(self) -> dict[str, Application]:
        """The Applications that envgen predicts, by name."""
        tree = worktree.read(self.repository.root)
        snapshot = Snapshot(tree, self.repository.platform, ())
        return {application.name: application for application in applications(snapshot)}

    def deliveries(self) -> Iterator[tuple[Unit, Cluster]]:
        """Every unit with every cluster it is delivered to; a site with values of its own has its own unit."""
        for unit in self.repository.units:
            for target in unit.targets:
                yield unit, self.clusters[target.name]

    def clone(self, user: str, name: str) -> Path:
        """A clone of one of the people; they push with their own password."""
        folder = self.folder / "clones" / name
        git(self.folder, "clone", "--quiet", self.gitea.url_of(user), str(folder))
        return folder

    @property
    def tip(self) -> str:
        return git(self.gitea.repository, "rev-parse", layout.PROTECTED)

    @property
    def refs(self) -> str:
        """Every branch and tag with its commit."""
        return git(self.gitea.repository, "for-each-ref", "refs/heads", "refs/tags")

    def settle(self) -> None:
        """Wait until Argo CD has applied the tip everywhere, finding it by itself."""
        self.argocd.wait(argocd.is_synced_to(self.tip), *self.expected, what=f"synced to {self.tip}")

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Everyone whom the policy names; a deploy key is nobody's account."""
        named = {actor for role in OURS.policy.roles.values() for actor in role.actors}
        return tuple(sorted(actor for actor in named if ":" not in actor))

    # Getting ready

    @cached_property
    def repository(self) -> Repository:
        """The catalog at the rig's addresses, as first pushed."""
        return moved(self.folder / "repository", _addresses(self.clusters, self.gitea))

    def _start(self) -> None:
        self.store.start()
        for one in self.clusters.values():
            one.start()
        self.gitea.start()

    def _publish(self) -> None:
        """The first push is before the hook, as on any server that had a repository before it had a guard."""
        self.gitea.wait()
        self.gitea.populate(self.people)
        root = self.repository.root
        git(root, "init", "--quiet", "--initial-branch=main")
        commit_all(root, "start")
        git(root, "push", "--quiet", str(self.gitea.url_of(gitea.ADMIN)), "main")
        envgen(root, "hook", "install", str(self.gitea.repository), "--identity", "gitea")

    def _furnish(self) -> None:
        """In each step every cluster gets its share, because what it then needs time for it does by itself."""
        targets, everywhere = self.repository.targets, self.clusters.values()
        kinds = {name: _delivered(name) for name in self.clusters}
        for one in everywhere:
            one.wait()
        definitions.load((one.api, kinds[one.name]) for one in everywhere)
        self.argocd.install((one, targets[one.name].server) for one in everywhere if one is not self.hub)
        self.argocd.start()
        for one in everywhere:
            nodes.furnish(one, targets[one.name], (entry for unit in _units(one.name) for entry in unit.objects))
            for name in foreign_namespaces(_units(one.name)):
                one.api.apply(namespace(name))
        for one in everywhere:
            eventually(partial(one.api.describes, kinds[one.name]), "OpenAPI, which kwok reads once or gives up")
            self.machines[one.name] = nodes.kwok(one, kinds[one.name]).start()


def _delivered(cluster: str) -> set[Kind]:
    """The kinds of all that is delivered to a cluster."""
    return definitions.kinds(entry for unit in _units(cluster) for entry in unit.objects)


def _units(cluster: str) -> list[Unit]:
    """What is delivered to a cluster."""
    return [unit for unit in OURS.units if cluster in {target.name for target in unit.targets}]


def _addresses(clusters: dict[str, Cluster], forge: Gitea) -> dict[str, str]:
    """What stands in the catalog, and what it is in the rig."""
    elsewhere = {t.server: clusters[name].url for name, t in OURS.targets.items() if t.server != IN_CLUSTER}
    return {OURS.platform.repository: forge.url, "identity: remote-user": "identity: gitea", **elsewhere}
