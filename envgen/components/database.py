"""`database`: PostgreSQL or MySQL on one volume."""

from collections.abc import Iterator, Sequence
from typing import Any

from envgen.components import deployment, fields, pods, storage
from envgen.components.database_engines import ENGINES, Engine
from envgen.components.fields import described, form
from envgen.components.objects import selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

_USER = 999  # `postgres` and `mysql` in the official images
_STARTUP_SECONDS = 300  # the first start makes the database, and after a crash it is recovered


def objects(declaration: Declaration) -> Iterator[Object]:
    engine = ENGINES[declaration.fields["engine"]]
    yield storage.claim(declaration)
    server = pods.for_order(declaration, declaration.fields["credentials"])
    server = pods.as_user(storage.mounted(server, engine.folder), _USER)
    own = _settings(declaration)
    env = {name: own.get(what, what) for name, what in engine.server.items()}
    server = pods.with_fields(pods.also_writable(server, *engine.writable), env=env)
    ports = {declaration.fields["engine"]: engine.port}
    args = _args(engine, declaration.fields.get("args", ()))
    container = pods.container(server, ports, args=args, **pods.probes(server, engine.port, _STARTUP_SECONDS))
    yield from deployment.workload(server, container, ports, strategy="Recreate")


def _args(engine: Engine, declared: Sequence[str]) -> list[str]:
    """Options add to the engine's own; a program, which another image may want, takes their place."""
    is_program = bool(declared) and not declared[0].startswith("-")
    return list(declared) if is_program else [*engine.args, *declared]


def _settings(declaration: Declaration) -> dict[str, Any]:
    """What is known of the database: text, or keys of the secret it names."""
    credentials = declaration.fields.get("credentials", "")
    secret = {key: {"secret": credentials, "key": key} for key in ("username", "password", "root-password")}
    return {"database": declaration.fields.get("database", declaration.name.replace("-", "_")), **secret}


def offer(declaration: Declaration) -> Offer:
    """Address, database and credentials in the variables of the engine's own clients."""
    engine = ENGINES.get(declaration.fields.get("engine", ""))
    if engine is None:
        return Offer(selector=selector(declaration))
    known = {**_settings(declaration), "host": declaration.name, "port": str(engine.port)}
    env = {name: known[what] for what, name in engine.client.items()}
    return Offer(env=env, ports=(engine.port,), selector=selector(declaration))


TYPE = ComponentType(
    name="database",
    summary="PostgreSQL or MySQL on one volume",
    fields={
        **fields.some("resources", "env", "args", "mounts", "writable", "run-as-user"),
        **fields.STORAGE,
        "engine": described({"enum": sorted(ENGINES)}, "whose image the release is"),
        "database": described(
            form("^[A-Za-z_][A-Za-z0-9_]{0,62}$", "at most 63 letters, digits and _, first no digit"),
            "the database it makes; the component's name, with _ for -, if absent",
        ),
        "credentials": described(
            fields.NAME, "secret of this system with username, password and, for MySQL, root-password"
        ),
    },
    objects=objects,
    required=("engine", "size", "credentials"),
    references=("credentials",),
    expects={"credentials": ("secret",)},
    offer=offer,
    images=(1, 1),
)
