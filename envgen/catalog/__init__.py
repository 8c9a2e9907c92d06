"""gitops/ as values: `read` gives the Catalog, or every reason why it is not one."""

from envgen.catalog.declared import declarations
from envgen.catalog.read import read, read_platform, system_names

__all__ = ["declarations", "read", "read_platform", "system_names"]
