"""GitOps repositories for machine-learning systems: generated and validated from one catalog."""

__version__ = "0.1.0"
