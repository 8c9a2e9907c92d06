"""The engines of a database: where their images keep what, and which variables their servers and clients read.

The folders suit the official images (docker-library: postgres, mysql) and those of sclorg alike, and all of them run
as any user.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from envgen.declaration import Declaration


@dataclass(frozen=True)
class Engine:
    """What differs between the engines."""

    port: int
    folder: str
    """Where the volume appears; the data is in a folder below it, beside a filesystem's own lost+found."""
    writable: tuple[str, ...]
    args: tuple[str, ...]
    server: Mapping[str, str]
    """Settings of the image, by what they are."""
    client: Mapping[str, str]
    """Variables that clients read, by what they hold."""


ENGINES: Mapping[str, Engine] = {
    "mysql": Engine(
        port=3306,
        folder="/var/lib/mysql",
        writable=("/var/run/mysqld", "/var/lib/mysql-files"),
        args=("--datadir=/var/lib/mysql/data",),
        server={
            "MYSQL_DATABASE": "database",
            "MYSQL_USER": "username",
            "MYSQL_PASSWORD": "password",
            "MYSQL_ROOT_PASSWORD": "root-password",
        },
        client={
            "host": "MYSQL_HOST",
            "port": "MYSQL_PORT",
            "database": "MYSQL_DATABASE",
            "username": "MYSQL_USER",
            "password": "MYSQL_PASSWORD",
        },
    ),
    "postgresql": Engine(
        port=5432,
        folder="/var/lib/pgsql/data",
        writable=("/var/run/postgresql", "/var/lib/pgsql"),
        args=(),
        server={
            "PGDATA": "/var/lib/pgsql/data/userdata",
            "POSTGRES_DB": "database",
            "POSTGRES_USER": "username",
            "POSTGRES_PASSWORD": "password",
            "POSTGRESQL_DATABASE": "database",
            "POSTGRESQL_USER": "username",
            "POSTGRESQL_PASSWORD": "password",
        },
        client={
            "host": "PGHOST",
            "port": "PGPORT",
            "database": "PGDATABASE",
            "username": "PGUSER",
            "password": "PGPASSWORD",
        },
    ),
}


@dataclass(frozen=True)
class Connection:
    """How to reach a database that a component uses; username and password are keys of a secret."""

    engine: str
    host: str
    port: str
    database: str
    username: Mapping[str, str]
    password: Mapping[str, str]


def connection(declaration: Declaration, name: str) -> Connection | None:
    """The way to the database of this name, for what is given no variables; None if it is not one."""
    env = next((use.offer.env for use in declaration.uses if use.name == name), {})
    for kind, engine in ENGINES.items():
        if all(variable in env for variable in engine.client.values()):
            return Connection(kind, **{what: env[variable] for what, variable in engine.client.items()})
    return None
