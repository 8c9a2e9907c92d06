"""GitOps repositories for machine-learning systems: generated, validated, promoted."""

__version__ = "0.1.0"
