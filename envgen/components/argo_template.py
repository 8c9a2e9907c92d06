"""The pods of `argo-workflow`: each task a template with one container."""

import json

from envgen.components import pods
from envgen.components.tasks import Places, Task
from envgen.declaration import Declaration
from envgen.model import Object

_RESULTS = "/results"
AT = Places(
    home="/tmp",  # noqa: S108 - a folder in the container
    workspace=lambda name: f"/workspaces/{name}",
    result=lambda name: f"{_RESULTS}/{name}",
    param=lambda name: f"{{{{inputs.parameters.{name}}}}}",
)


def volume(workspace: str) -> str:
    """The volume that a workspace is."""
    return f"workspace-{workspace}"


def template(declaration: Declaration, task: Task) -> Object:
    placement = dict(task.placement)
    known: Object = {key: placement.pop(key) for key in ("affinity", "nodeSelector", "tolerations") if key in placement}
    found: Object = {
        "name": task.name,
        "inputs": {"parameters": [_input(name, default) for name, default in task.params.items()]},
        "outputs": {"parameters": [{"name": n, "valueFrom": {"path": AT.result(n)}} for n in task.results]},
        "script" if task.script else "container": _container(declaration, task),
        "volumes": _volumes(task),
        "timeout": task.timeout,
        # What a template has no field of its own for.
        "podSpecPatch": json.dumps(placement, sort_keys=True) if placement else "",
        **known,
    }
    return {key: value for key, value in found.items() if value not in ("", [], {"parameters": []})}


def _input(name: str, default: str | None) -> Object:
    return {"name": name, **({} if default is None else {"value": default})}


def _container(declaration: Declaration, task: Task) -> Object:
    first, _, rest = task.script.partition("\n")
    has_program = first.startswith("#!")
    program = first[2:].split() if has_program else ["sh", "-e"]
    found: Object = {
        "image": task.image,
        "imagePullPolicy": "IfNotPresent",
        "command": program if task.script else list(task.command),
        "args": list(task.args),
        "source": rest if has_program else task.script,
        "env": pods.variables(task.env),
        "resources": _texts(task.resources),
        "securityContext": dict(task.security),
        "volumeMounts": _mounts(declaration, task),
    }
    return {key: value for key, value in found.items() if value not in ("", [])}


def _texts(resources: Object) -> Object:
    """Quantities as Argo's models have them: text, numbers too."""
    return {
        kind: {name: str(value) for name, value in amounts.items()} if isinstance(amounts, dict) else amounts
        for kind, amounts in resources.items()
    }


def _mounts(declaration: Declaration, task: Task) -> list[Object]:
    # Runs share a declared volume, so each has its own folder.
    own = {"subPath": "{{workflow.name}}"} if "workspace" in declaration.fields else {}
    found: list[Object] = [{"name": volume(name), "mountPath": AT.workspace(name), **own} for name in task.workspaces]
    if task.results:
        found.append({"name": "results", "mountPath": _RESULTS})
    found += [{"name": f"secret-{secret}", "mountPath": folder} for folder, (secret, _) in task.folders.items()]
    return found


def _volumes(task: Task) -> list[Object]:
    found: list[Object] = [{"name": "results", "emptyDir": {}}] if task.results else []
    for secret, key in task.folders.values():
        items = [{"key": key, "path": "config.json"}]
        found.append({"name": f"secret-{secret}", "secret": {"secretName": secret, "items": items}})
    return found
