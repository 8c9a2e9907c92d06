"""Clusters without machines: an API server each on one etcd, with the controllers that give objects their effect.

Ready in seconds: the server makes its own certificate, and everyone has a token of the rig's.
"""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.rig import programs
from tests.rig.api import Api
from tests.rig.process import Process, eventually, free_ports

NEEDED = ("etcd", "openssl", "kube-apiserver", "kube-controller-manager", "kube-scheduler")

ADMIN = "admin"
SYSTEM = {"controllers": "system:kube-controller-manager", "scheduler": "system:kube-scheduler"}
CONTROLLERS = [
    f"{name}-controller"
    for name in (
        "clusterrole-aggregation cronjob daemonset deployment disruption endpointslice garbage-collector "
        "horizontal-pod-autoscaler job namespace persistentvolume-binder persistentvolumeclaim-protection "
        "pod-garbage-collector replicaset resourceclaim serviceaccount statefulset"
    ).split()
]
"""Those that act on what envgen generates; the others look after machines and certificates."""


def etcd(folder: Path) -> Process:
    """A store that forgets: its files live as long as the rig, and nothing waits for a disk."""
    client, peer = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    options = {
        "data-dir": folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
    }
    command = ("etcd", *(f"--{name}={value}" for name, value in options.items()), "--unsafe-no-fsync")
    return Process("etcd", command, folder, {"ETCD_UNSUPPORTED_ARCH": "arm64", "ENVGEN_ETCD": client})


@dataclass
class Cluster:
    """One API server, its controllers and its scheduler."""

    name: str
    folder: Path
    store: Process
    port: int
    programs: tuple[Process, ...] = ()

    @classmethod
    def of(cls, name: str, folder: Path, store: Process) -> "Cluster":
        home = folder / name
        home.mkdir()
        cluster = cls(name, home, store, free_ports(1)[0])
        cluster._write_keys()
        cluster.programs = (cluster._server(), *cluster._controllers())
        return cluster

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "tls" / "apiserver.crt"

    def token(self, user: str) -> str:
        """Good for this cluster only."""
        return f"{self.name}-{user}"

    @cached_property
    def api(self) -> Api:
        return Api(f"127.0.0.1:{self.port}", self.certificate, self.token(ADMIN))

    def kubeconfig(self, user: str, namespace: str = "default") -> Path:
        """A file by which a program comes in as `user`."""
        path = self.folder / f"{user}-{namespace}.kubeconfig"
        server = {"server": self.url, "certificate-authority": str(self.certificate)}
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "rig",
            "clusters": [{"name": "rig", "cluster": server}],
            "users": [{"name": "rig", "user": {"token": self.token(user)}}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "rig", "namespace": namespace}}],
        }
        path.write_text(json.dumps(body))
        return path

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl says to the cluster's administrator; a failure fails the test with its words."""
        command = (programs.KUBECTL, "--kubeconfig", str(self.kubeconfig(ADMIN)), *arguments)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start everything; the controllers wait for the server by themselves."""
        server, *others = self.programs
        server.start()
        eventually(lambda: server.check() and self.certificate.exists(), f"{self.name}'s certificate")
        for process in others:
            process.start()

    def wait(self) -> None:
        eventually(lambda: self.programs[0].check() and self.api.is_ready, f"{self.name}'s API server")

    def end(self) -> None:
        self.api.close()
        for process in reversed(self.programs):
            process.end()

    # Programs

    def _write_keys(self) -> None:
        key, public = (self.folder / name for name in ("accounts.key", "accounts.pub"))
        for command in (
            ("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)),
            ("openssl", "ec", "-in", str(key), "-pubout", "-out", str(public)),
        ):
            subprocess.run(command, check=True, capture_output=True)
        users = [(self.token(ADMIN), ADMIN, "system:masters"), *((self.token(k), u, "") for k, u in SYSTEM.items())]
        lines = (f'{token},{user},{user},"{group}"\n' for token, user, group in users)
        (self.folder / "tokens.csv").write_text("".join(lines))

    def _server(self) -> Process:
        options = {
            "etcd-servers": self.store.env["ENVGEN_ETCD"],
            "etcd-prefix": f"/{self.name}",
            "bind-address": "127.0.0.1",
            "secure-port": self.port,
            "cert-dir": self.folder / "tls",
            "service-cluster-ip-range": "10.0.0.0/16",
            "authorization-mode": "RBAC",
            "service-account-issuer": self.url,
            "service-account-key-file": self.folder / "accounts.pub",
            "service-account-signing-key-file": self.folder / "accounts.key",
            "token-auth-file": self.folder / "tokens.csv",
            "allow-privileged": "true",
            "disable-admission-plugins": "TaintNodesByCondition",  # its taint is for a controller that watches machines
            "feature-gates": "WatchList=false",  # needs etcd 3.5, and without it kwok's watches fail for half a minute
        }
        return self._process("kube-apiserver", "server", options)

    def _controllers(self) -> tuple[Process, Process]:
        port, other = free_ports(2)
        common = {"bind-address": "127.0.0.1", "leader-elect": "false"}
        manager = {
            **common,
            "kubeconfig": self.kubeconfig("controllers"),
            "secure-port": port,
            "service-account-private-key-file": self.folder / "accounts.key",
            "use-service-account-credentials": "true",
            "controllers": ",".join(CONTROLLERS),
        }
        scheduler = {**common, "kubeconfig": self.kubeconfig("scheduler"), "secure-port": other}
        return (
            self._process("kube-controller-manager", "controllers", manager),
            self._process("kube-scheduler", "scheduler", scheduler),
        )

    def _process(self, program: str, name: str, options: dict[str, Any]) -> Process:
        flags = (f"--{key}={value}" for key, value in options.items())
        return Process(name, (str(programs.path(program)), *flags), self.folder)
