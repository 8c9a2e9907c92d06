"""Argo CD without containers: its repo-server, its two controllers and their Redis, from one program."""

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from envgen.model import Object
from tests.rig import programs
from tests.rig.api import namespace
from tests.rig.cluster import ADMIN, Cluster
from tests.rig.process import Process, eventually, free_ports

NEEDED = ("argocd", "kustomize", "redis-server")
NAMESPACE = "argocd"
API = "argoproj.io/v1alpha1"
RESYNC = 10
"""Seconds between two looks at an Application."""


@dataclass
class ArgoCD:
    """The programs, and the cluster whose objects they serve."""

    folder: Path
    hub: Cluster
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        redis, repo, *others = free_ports(7)
        here = "127.0.0.1"
        options: dict[str, dict[str, object]] = {
            "repo-server": {
                "address": here,
                "port": repo,
                "client-ca-path": "",
                "metrics-address": here,
                "metrics-port": others[0],
                "redis": f"{here}:{redis}",
                "revision-cache-expiration": "2s",
            },
            "application-controller": {
                "repo-server": f"{here}:{repo}",
                "metrics-port": others[1],
                "redis": f"{here}:{redis}",
                "app-resync": RESYNC,
                "app-resync-jitter": 0,
                "self-heal-timeout-seconds": 2,
            },
            "applicationset-controller": {
                "argocd-repo-server": f"{here}:{repo}",
                "metrics-addr": f"{here}:{others[2]}",
                "probe-addr": f"{here}:{others[3]}",
                "webhook-addr": f"{here}:{others[4]}",
            },
        }
        command = ("redis-server", "--port", str(redis), "--bind", here, "--save", "", "--appendonly", "no")
        self.processes["redis"] = Process("redis", command, self.folder)
        for part, flags in options.items():
            env = {**self._env, "ARGOCD_BINARY_NAME": f"argocd-{part}"}
            words = (f"--{name}={value}" for name, value in flags.items())
            self.processes[part] = Process(part, (str(programs.path("argocd")), *words), self.folder, env)

    @property
    def _env(self) -> Mapping[str, str]:
        """Every folder that a container would have; kustomize and the wrappers of git are found by PATH."""
        tools = (programs.asset("argocd", "bin"), programs.path("kustomize").parent)
        names = ("TLS_DATA_PATH", "SSH_DATA_PATH", "GPG_DATA_PATH", "GNUPGHOME", "PLUGINSOCKFILEPATH")
        folders = {f"ARGOCD_{name}": self.folder / name.lower() for name in names}
        for folder in (*folders.values(), self.folder / "tmp"):
            folder.mkdir(mode=0o700, exist_ok=True)
        return {
            **{name: str(folder) for name, folder in folders.items()},
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_SYNC_WAVE_DELAY": "1",
            "GIT_ALLOW_PROTOCOL": "file:http",
            "HOME": str(self.folder),
            "HOSTNAME": "controller-1",
            "KUBECONFIG": str(self.hub.kubeconfig(ADMIN, NAMESPACE)),
            "PATH": os.pathsep.join((*map(str, tools), os.environ["PATH"])),
            "TMPDIR": str(self.folder / "tmp"),
        }

    @property
    def repo_server(self) -> Process:
        return self.processes["repo-server"]

    def is_fetching(self, commit: str) -> bool:
        """Whether the repo-server has begun with a commit."""
        return commit in self.repo_server.said

    def replace_repo_server(self) -> None:
        """As a new pod does, which begins without a clone (a killed git may leave half a fetch, docs/rig.md)."""
        clones = self.folder / "tmp" / "_argocd-repo"
        clones.rename(mkdtemp(dir=clones.parent))
        self.repo_server.start()

    # Starting

    def install(self, members: Iterable[tuple[Cluster, str]]) -> None:
        """What its manifests hold that matters without containers, and a way into every member, by its address."""
        self.hub.api.apply(namespace(NAMESPACE))
        for folder in ("crds", "base/config"):
            path = programs.asset("argocd", f"manifests/{folder}")
            self.hub.kubectl("apply", "--server-side", "--force-conflicts", "--namespace", NAMESPACE, "-k", str(path))
        for kind in ("AppProject", "Application", "ApplicationSet"):
            eventually(partial(self.hub.api.resource, API, kind), f"kind {kind}")
        for cluster, server in members:
            self.hub.api.apply(_membership(cluster, server))

    def start(self) -> None:
        for process in self.processes.values():
            process.start()

    # Asking

    def all(self, kind: str) -> dict[str, Any]:
        return {entry["metadata"]["name"]: entry for entry in self.hub.api.all(API, kind, NAMESPACE)}

    def application(self, name: str) -> Any:
        return self.hub.api.get(API, "Application", NAMESPACE, name)

    def refresh(self, *names: str, kind: str = "normal") -> None:
        """Look at git now; `hard` forgets what was rendered too."""
        for name, entry in self.all("Application").items():
            if not names or name in names:
                change = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": kind}}}
                self.hub.api.merge(entry, change)

    def wait(self, holds: Callable[[Any], bool], *names: str, what: str = "synced") -> dict[str, Any]:
        """All the Applications, or those named, once each of them `holds`."""

        def found() -> dict[str, Any]:
            there = self.all("Application")
            wanted = names or tuple(there)
            lacking = [name for name in wanted if name not in there or not holds(there[name])]
            return {} if lacking else {name: there[name] for name in wanted}

        try:
            return eventually(found, f"Applications to be {what}")
        except AssertionError as err:
            raise AssertionError(f"{err}\n{self.summary()}") from None

    def summary(self) -> str:
        """A line for every Application, for messages."""
        return "\n".join(
            f"{name}: {status(entry)} {health(entry)} {revision(entry)[:12]} {operation(entry)} {conditions(entry)}"
            for name, entry in self.all("Application").items()
        )


def _membership(cluster: Cluster, server: str) -> Object:
    trust = base64.b64encode(cluster.certificate.read_bytes()).decode()
    config = {"bearerToken": cluster.token(ADMIN), "tlsClientConfig": {"caData": trust}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"cluster-{cluster.name}",
            "namespace": NAMESPACE,
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "stringData": {"name": cluster.name, "server": server, "config": json.dumps(config)},
    }


# What an Application says of itself


def status(application: Any) -> str:
    return str(application.get("status", {}).get("sync", {}).get("status", ""))


def health(application: Any) -> str:
    return str(application.get("status", {}).get("health", {}).get("status", ""))


def revision(application: Any) -> str:
    """The commit it compared itself with."""
    return str(application.get("status", {}).get("sync", {}).get("revision", ""))


def operation(application: Any) -> str:
    state = application.get("status", {}).get("operationState", {})
    return " ".join(filter(None, (state.get("phase", ""), state.get("message", ""))))


def conditions(application: Any) -> list[str]:
    """What is wrong; warnings count too."""
    return [f"{c['type']}: {c['message']}" for c in application.get("status", {}).get("conditions", ())]


def is_synced(application: Any) -> bool:
    state = application.get("status", {}).get("operationState", {})
    return status(application) == "Synced" and state.get("phase") == "Succeeded"


def is_settled(application: Any) -> bool:
    """Synced, and everything that it waits for is healthy."""
    return is_synced(application) and health(application) == "Healthy"


def is_synced_to(commit: str) -> Callable[[Any], bool]:
    return lambda application: is_synced(application) and revision(application) == commit
