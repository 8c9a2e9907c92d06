"""gitops/ as values: `read` gives the Catalog, or every reason why it is not one."""

from envgen.catalog.declared import declarations
from envgen.catalog.read import read, read_platform, system_names
from envgen.catalog.wiring import ambiguities

__all__ = ["ambiguities", "declarations", "read", "read_platform", "system_names"]
