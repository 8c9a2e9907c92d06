"""Argo Workflows' own typed models, which check what is written for it: loaded only where there is a workflow."""

from copy import deepcopy
from importlib import import_module
from typing import Any

from envgen.model import Object

_MODULES = {
    "CronWorkflow": "cron_workflow",
    "WorkflowEventBinding": "workflow_event_binding",
    "WorkflowTemplate": "workflow_template",
}


def checked(written: Object) -> Object:
    """The object as its model reads it and writes it again.

    Raises TypeError or ValueError for what the model does not take: that is a mistake of ours, not the catalog's.
    """
    from argo_workflows import configuration, model_utils

    kind = written["kind"]
    module = import_module(f"argo_workflows.model.io_argoproj_workflow_v1alpha1_{_MODULES[kind]}")
    model = getattr(module, f"IoArgoprojWorkflowV1alpha1{kind}")
    settings = configuration.Configuration()
    # The package turns lists that it is given into models where they are.
    read = model_utils.validate_and_convert_types(deepcopy(written), (model,), [kind], True, True, settings)
    _refuse_unknown(read, kind)
    found: Object = model_utils.model_to_dict(read)
    return found


def _refuse_unknown(value: Any, path: str) -> None:
    """The models keep fields that they do not know."""
    if isinstance(value, list):
        for i, child in enumerate(value):
            _refuse_unknown(child, f"{path}.{i}")
    for name, child in getattr(value, "_data_store", {}).items():
        if name not in value.attribute_map:
            raise ValueError(f"{path} has no field {name!r}")
        _refuse_unknown(child, f"{path}.{name}")
