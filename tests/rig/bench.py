"""One API server on which nothing runs: it judges objects, and remembers none of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rig import definitions
from tests.rig.api import namespace
from tests.rig.cluster import Cluster, etcd
from tests.rig.repository import OURS

NEEDED = ("etcd", "openssl", "kube-apiserver")


@contextmanager
def bench(folder: Path) -> Iterator[Cluster]:
    """A server that knows every kind and every namespace of the repository."""
    store = etcd(folder)
    one = Cluster.of("bench", folder, store)
    try:
        store.start()
        one.programs[0].start()
        one.wait()
        units = OURS.units
        definitions.load([(one.api, definitions.kinds(entry for unit in units for entry in unit.objects))])
        for name in sorted({entry["metadata"].get("namespace", "default") for unit in units for entry in unit.objects}):
            one.api.apply(namespace(name))
        yield one
    finally:
        one.end()
        store.end()
