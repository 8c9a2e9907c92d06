"""`notebook`: a Jupyter workbench run by the Kubeflow notebook controller."""

from collections.abc import Iterator

from envgen.components import fields, pods, storage
from envgen.components.gpus import placement
from envgen.components.objects import network_policy, obj, own_account, route, selector
from envgen.declaration import ComponentType, Declaration, Offer
from envgen.model import Object

PORT = 8888
_HOME = "/home/jovyan"
_GPU_NODE = "nvidia.com/gpu.present"  # a label of NVIDIA's feature discovery


def objects(declaration: Declaration) -> Iterator[Object]:
    yield storage.claim(declaration)
    workbench = storage.mounted(declaration, declaration.fields.get("home", _HOME))
    pod = pods.pod_spec(workbench, _container(workbench), **_manners(workbench))
    # The controller copies the Notebook's own labels and annotations to its pods.
    notes = pods.annotations(declaration)
    yield obj(declaration, "kubeflow.org/v1", "Notebook", annotations=notes, spec={"template": {"spec": pod}})
    yield from own_account(declaration)
    yield network_policy(declaration, (PORT,))
    # The controller makes a Service of the Notebook's name and calls its port http-<name>, which is 80.
    yield from route(declaration, f"http-{declaration.name}", 80)


def _manners(declaration: Declaration) -> Object:
    """A workbench sits on its node for days: without a GPU it leaves those that have one to others, where it can."""
    if declaration.fields.get("gpu") or placement(declaration):
        return {}
    elsewhere = {"matchExpressions": [{"key": _GPU_NODE, "operator": "NotIn", "values": ["true"]}]}
    preferred = [{"weight": 1, "preference": elsewhere}]
    return {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}


def _container(declaration: Declaration) -> Object:
    # People install packages into a workbench: its root cannot be read-only.
    security = {**pods.SECURITY, "readOnlyRootFilesystem": False}
    return pods.container(declaration, {"notebook-port": PORT}, securityContext=security)


def offer(declaration: Declaration) -> Offer:
    return Offer(ports=(PORT,), selector=selector(declaration))


TYPE = ComponentType(
    name="notebook",
    summary="a Jupyter workbench with a volume of its own",
    fields={
        **fields.some("resources", "env", "command", "args", "mounts", "run-as-user", "gpu", "expose", "egress"),
        **fields.some("service-account"),
        **fields.STORAGE,
        "home": fields.described(fields.PATH, f"where its volume appears; {_HOME} if absent"),
    },
    objects=objects,
    required=("size",),
    offer=offer,
    images=(1, 1),
    claims=False,
)
