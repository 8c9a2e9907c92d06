"""An API server as a test asks it: objects in, objects or a Status out, over one kept connection."""

import http.client
import json
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from envgen.model import Object

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
MANAGER = "rig"
CONFLICT = 409


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@dataclass(frozen=True)
class Answer:
    """What the server said: an object, or a Status that says why not."""

    code: int
    body: Any

    @property
    def is_good(self) -> bool:
        return self.code < 300

    @property
    def message(self) -> str:
        return "" if self.is_good else f"{self.body.get('message', self.body)} ({self.code})"

    def check(self) -> None:
        """A refusal fails the test with the server's words."""
        assert self.is_good, self.message

    @property
    def good(self) -> Any:
        """The object, which there must be."""
        self.check()
        return self.body


@dataclass
class Api:
    """One identity at one server."""

    address: str
    """host:port"""
    certificate: Path
    token: str
    _connection: http.client.HTTPSConnection | None = None
    _resources: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ask(self, verb: str, path: str, body: Any = None, kind: str = "application/json", **query: str) -> Answer:
        """One request; a connection that the server closed meanwhile is opened again."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        target = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else json.dumps(body)
        for is_last in (False, True):
            try:
                connection = self._connected()
                connection.request(verb, target, content, headers)
                response = connection.getresponse()
                text = response.read().decode()
                return Answer(response.status, json.loads(text) if text[:1] == "{" else {"message": text})
            except (OSError, http.client.HTTPException):
                self.close()
                if is_last:
                    raise
        raise AssertionError

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            trust = ssl.create_default_context(cafile=str(self.certificate))
            self._connection = http.client.HTTPSConnection(self.address, timeout=120, context=trust)
        return self._connection

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    @property
    def is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz").code == 200
        except (OSError, http.client.HTTPException):
            return False

    # Kinds

    def resource(self, api_version: str, kind: str) -> dict[str, Any] | None:
        """The server's own description of a kind; None while it serves none such."""
        if kind not in self._resources.get(api_version, {}):
            found = self.ask("GET", f"/api{'s' if '/' in api_version else ''}/{api_version}")
            entries = found.body.get("resources", ()) if found.is_good else ()
            self._resources[api_version] = {entry["kind"]: entry for entry in entries if "/" not in entry["name"]}
        return self._resources[api_version].get(kind)

    def describes(self, kinds: Iterable[tuple[str, str]]) -> bool:
        """Whether OpenAPI has the groups and versions of some kinds yet; it lags behind their being served."""
        paths = {f"api{'s' if '/' in api_version else ''}/{api_version}" for api_version, _ in kinds}
        return paths.issubset(self.ask("GET", "/openapi/v3").good["paths"])

    def path(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
        """Where a collection or an object stands; without a namespace in all of them."""
        entry = self.resource(api_version, kind)
        assert entry, f"the server knows no {api_version} {kind}"
        parts = [f"/api{'s' if '/' in api_version else ''}", api_version]
        parts += ["namespaces", namespace] if entry["namespaced"] and namespace else []
        return "/".join(filter(None, (*parts, entry["name"], name)))

    def path_of(self, entry: Object, *, collection: bool = False) -> str:
        metadata = entry["metadata"]
        name = "" if collection else metadata["name"]
        return self.path(entry["apiVersion"], entry["kind"], metadata.get("namespace", ""), name)

    # Objects

    def create(self, entry: Object) -> Any:
        """What is made for the first time and large is made faster so."""
        return self.ask("POST", self.path_of(entry, collection=True), entry).good

    def apply(self, entry: Object) -> Any:
        """Server-side apply, as Argo CD would; the object as the server keeps it."""
        return self.ask("PATCH", self.path_of(entry), entry, APPLY, fieldManager=MANAGER, force="true").good

    def judge(self, entry: Object) -> Answer:
        """A creation that changes nothing, under strict field validation; an update of what is there already."""
        options = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": MANAGER}
        answer = self.ask("POST", self.path_of(entry, collection=True), entry, **options)
        if answer.code != CONFLICT:
            return answer
        return self.ask("PATCH", self.path_of(entry), entry, APPLY, force="true", **options)

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Any:
        return self.ask("GET", self.path(api_version, kind, namespace, name)).good

    def has(self, api_version: str, kind: str, namespace: str, name: str) -> bool:
        return self.ask("GET", self.path(api_version, kind, namespace, name)).is_good

    def all(self, api_version: str, kind: str, namespace: str = "") -> list[Any]:
        """The objects of a kind, each with its kind said as it is when asked for alone."""
        found = self.ask("GET", self.path(api_version, kind, namespace)).good["items"]
        return [{"apiVersion": api_version, "kind": kind, **entry} for entry in found]

    def merge(self, entry: Object, change: Object, *, status: bool = False) -> Any:
        path = self.path_of(entry) + ("/status" if status else "")
        return self.ask("PATCH", path, change, MERGE, fieldManager=MANAGER).good

    def delete(self, entry: Object) -> Answer:
        return self.ask("DELETE", self.path_of(entry), propagationPolicy="Background")

    def kinds(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every API version with the resources that it serves, by the server's own preference."""
        yield "v1", self.ask("GET", "/api/v1").good
        for group in self.ask("GET", "/apis").good["groups"]:
            version = group["preferredVersion"]["groupVersion"]
            yield version, self.ask("GET", f"/apis/{version}").good
