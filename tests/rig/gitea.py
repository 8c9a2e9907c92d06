"""Gitea with the guard's hook: where people and pipelines push, and what Argo CD reads."""

import base64
import http.client
import json
import os
import secrets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rig import programs
from tests.rig.api import CONFLICT, Answer
from tests.rig.process import Process, eventually, free_ports

NEEDED = ("gitea",)
OWNER, NAME = "ml", "gitops"
ADMIN = "operator"
"""Runs the server, owns the repository and pushes nothing."""

NOTE = base64.b64encode(b"a note\n").decode()

SETTINGS = """\
RUN_MODE = prod
WORK_PATH = {work}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = {is_root}
[server]
STATIC_ROOT_PATH = {static}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {work}/gitea.db
[repository]
ROOT = {work}/repositories
[security]
INSTALL_LOCK = true
DISABLE_GIT_HOOKS = false
[service]
DISABLE_REGISTRATION = true
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[log]
LEVEL = Warn
"""
"""Only what a test host needs."""


@dataclass
class Gitea:
    """The server, its people and one repository."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.folder.mkdir()
        static = programs.asset("gitea", "templates").parent
        text = SETTINGS.format(work=self.folder, static=static, port=self.port, is_root=str(os.geteuid() == 0).lower())
        self._settings.write_text(text)
        self.process = Process("gitea", (*self._command, "web"), self.folder, self._env)

    @property
    def _settings(self) -> Path:
        return self.folder / "app.ini"

    @property
    def _command(self) -> tuple[str, ...]:
        return (str(programs.path("gitea")), "--config", str(self._settings))

    @property
    def _env(self) -> Mapping[str, str]:
        """It writes settings of git's own, so it gets a file for them."""
        own = {"GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        return {"HOME": str(self.folder), "GIT_ALLOW_PROTOCOL": "file:http", **own}

    @property
    def repository(self) -> Path:
        """Where the repository lies on the server."""
        return self.folder / "repositories" / OWNER / f"{NAME}.git"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{OWNER}/{NAME}.git"

    def url_of(self, user: str) -> str:
        return self.url.replace("http://", f"http://{user}:{self.password}@")

    @property
    def is_ready(self) -> bool:
        try:
            return self.ask("", "GET", "/version").is_good
        except (OSError, http.client.HTTPException):
            return False

    def start(self) -> None:
        self.process.start()

    def wait(self) -> None:
        eventually(lambda: self.process.check() and self.is_ready, "Gitea")

    def populate(self, people: Sequence[str]) -> None:
        """Make the people and an empty repository that all of them may write to."""
        self._make_admin()
        for name in people:
            user = {"username": name, "email": f"{name}@example.invalid", "password": self.password}
            self.ask(ADMIN, "POST", "/admin/users", {**user, "must_change_password": False}).check()
        organisation = {"username": OWNER, "visibility": "public"}
        self.ask(ADMIN, "POST", "/orgs", organisation).check()
        options = {"name": NAME, "private": False, "default_branch": "main"}
        self.ask(ADMIN, "POST", f"/orgs/{OWNER}/repos", options).check()
        self._protect_tags()
        for name in people:
            path = f"/repos/{OWNER}/{NAME}/collaborators/{name}"
            self.ask(ADMIN, "PUT", path, {"permission": "write"}).check()

    def _protect_tags(self) -> None:
        """Tags made on the web pass no hook (docs/guard.md, Gitea and Forgejo)."""
        body = {"name_pattern": "*", "whitelist_usernames": [ADMIN]}
        self.of_repository(ADMIN, "POST", "/tag_protections", body).check()

    def _make_admin(self) -> None:
        options = ("--username", ADMIN, "--password", self.password, "--email", f"{ADMIN}@example.invalid")
        command = (*self._command, "admin", "user", "create", "--admin", "--must-change-password=false", *options)
        done = subprocess.run(command, env={**os.environ, **self._env}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, user: str, verb: str, path: str, body: Any = None) -> Answer:
        """One request to the web API as one of the people."""
        headers = {"Content-Type": "application/json"}
        if user:
            word = base64.b64encode(f"{user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        connection = http.client.HTTPConnection(f"127.0.0.1:{self.port}", timeout=120)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(verb, f"/api/v1{path}", content, headers)
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, json.loads(text) if text[:1] in "{[" and text else {"message": text})
        finally:
            connection.close()

    def fork(self, user: str) -> str:
        """Where a fork is pushed to, made unless it is there."""
        made = self.of_repository(user, "POST", "/forks", {"name": "fork"})
        assert made.is_good or made.code == CONFLICT, made.message
        return self.url_of(user).replace(f"{OWNER}/{NAME}", f"{user}/fork")

    def pull_request(self, user: str, branch: str) -> int:
        """The number of a new pull request from a branch of the repository."""
        body = {"title": branch, "head": branch, "base": "main"}
        return int(self.of_repository(user, "POST", "/pulls", body).good["number"])

    def merge(self, user: str, number: int, style: str = "merge") -> Answer:
        """What becomes of a merge, once the server has looked for conflicts."""

        def asked() -> Answer | None:
            answer = self.of_repository(user, "POST", f"/pulls/{number}/merge", {"Do": style})
            return None if "try again later" in answer.message else answer

        found = eventually(asked, f"a verdict on pull request {number}")
        assert found
        return found

    def edits(self) -> dict[str, Callable[[str, str], Answer]]:
        """Every way to commit or to make a branch without a clone: what somebody asks for about a file."""
        return {"an edit": self._edit, "a removal": self._remove, "a new file": self._add, "a branch": self._branch}

    def _edit(self, user: str, path: str) -> Answer:
        return self.of_repository(user, "PUT", f"/contents/{path}", self._content(path))

    def _remove(self, user: str, path: str) -> Answer:
        body = {key: value for key, value in self._content(path).items() if key != "content"}
        return self.of_repository(user, "DELETE", f"/contents/{path}", body)

    def _add(self, user: str, path: str) -> Answer:
        return self.of_repository(user, "POST", f"/contents/{path}.new", {"content": NOTE, "branch": "main"})

    def _branch(self, user: str, path: str) -> Answer:
        name = path.replace("/", "-")
        return self.of_repository(user, "POST", "/branches", {"new_branch_name": name, "old_branch_name": "main"})

    def _content(self, path: str) -> dict[str, str]:
        found = self.of_repository(ADMIN, "GET", f"/contents/{path}").good
        return {"content": NOTE, "sha": found["sha"], "branch": "main"}

    def of_repository(self, user: str, verb: str, path: str, body: Any = None) -> Answer:
        return self.ask(user, verb, f"/repos/{OWNER}/{NAME}{path}", body)
