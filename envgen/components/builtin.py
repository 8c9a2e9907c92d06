"""Every built-in component type.  A type absent here does not exist."""

from envgen.components import (
    amq_broker,
    camel_integration,
    config,
    deployment,
    git_server,
    kafka,
    manifests,
    model_server,
    namespaces,
    notebook,
    object_store,
    secret,
    tekton_pipeline,
    tf_serving,
    volume,
)
from envgen.declaration import ComponentType

TYPES: tuple[ComponentType, ...] = (
    amq_broker.TYPE,
    camel_integration.TYPE,
    config.TYPE,
    deployment.TYPE,
    git_server.TYPE,
    kafka.TYPE,
    manifests.TYPE,
    model_server.TYPE,
    namespaces.TYPE,
    notebook.TYPE,
    object_store.TYPE,
    secret.TYPE,
    tekton_pipeline.TYPE,
    tf_serving.TYPE,
    volume.TYPE,
)
