"""`git-server`: Gitea, rootless, on one volume, with nobody to call home to."""

from collections.abc import Iterator

from envgen.components import deployment, fields, pods, storage
from envgen.components.objects import selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORTS = {"http": 3000, "ssh": 2222}
_DATA = "/data"
_USER = 1000  # `git` in the rootless image
_PATHS = {
    "GITEA_APP_INI": f"{_DATA}/conf/app.ini",
    "GITEA_CUSTOM": f"{_DATA}/custom",  # the image's setup makes it read-only: nothing else may live there
    "GITEA_WORK_DIR": _DATA,
    "GITEA_TEMP": "/tmp/gitea",  # noqa: S108 - a folder in the container
    "HOME": f"{_DATA}/git",
}
_OFFLINE = {
    "GITEA__database__DB_TYPE": "sqlite3",
    "GITEA__database__PATH": f"{_DATA}/gitea.db",
    "GITEA__repository__ROOT": f"{_DATA}/git/repositories",
    "GITEA__security__INSTALL_LOCK": "true",
    "GITEA__server__OFFLINE_MODE": "true",
    "GITEA__server__START_SSH_SERVER": "true",
    "GITEA__server__SSH_LISTEN_PORT": str(PORTS["ssh"]),
    "GITEA__service__DISABLE_REGISTRATION": "true",
    "GITEA__picture__DISABLE_GRAVATAR": "true",
    "GITEA__webhook__ALLOWED_HOST_LIST": "private",
}
ADMIN = """\
gitea migrate
if ! gitea admin user list | awk '{print $2}' | grep -qxF "$ADMIN_USERNAME"; then
  gitea admin user create --admin --must-change-password=false \\
    --username "$ADMIN_USERNAME" --password "$ADMIN_PASSWORD" --email "$ADMIN_EMAIL"
fi
"""


def objects(declaration: Declaration) -> Iterator[Object]:
    yield storage.claim(declaration)
    server = pods.as_user(storage.mounted(declaration, _DATA), _USER)
    address = f"http://{declaration.name}:{PORTS['http']}/"
    env = {**_PATHS, **_OFFLINE, "GITEA__server__ROOT_URL": address}
    server = pods.with_fields(server, env=env, health="/api/healthz")
    # Arguments alone keep the image's entrypoint, which turns GITEA__ variables into app.ini.
    admin = pods.container(server, {}, name="admin", args=["sh", "-ec", ADMIN])
    yield from deployment.workload(
        server, pods.container(server, PORTS), PORTS, strategy="Recreate", initContainers=[admin]
    )


def offer(declaration: Declaration) -> Offer:
    """Its address as `<NAME>_URL`."""
    address = f"http://{declaration.name}:{PORTS['http']}"
    return Offer(
        env={f"{pods.variable(declaration)}_URL": address},
        ports=tuple(PORTS.values()),
        selector=selector(declaration),
    )


TYPE = ComponentType(
    name="git-server",
    summary="Gitea, a git server on one volume, from its rootless image (tags that end in -rootless)",
    fields={
        **fields.some("resources", "env", "run-as-user", "expose", "egress"),
        **fields.STORAGE,
        "credentials": fields.described(
            fields.NAME,
            "secret of this system with ADMIN_USERNAME, ADMIN_PASSWORD and ADMIN_EMAIL; further keys such as"
            " GITEA__security__SECRET_KEY configure Gitea",
        ),
    },
    objects=objects,
    required=("size", "credentials"),
    references=("credentials",),
    offer=offer,
    images=(1, 1),
)
