"""What KServe's two kinds share: ports, and the pods of ModelMesh, which serve many models at once."""

from envgen.components.fields import TEXT, Schema, described, record
from envgen.declaration import Declaration

CONTAINER = "kserve-container"
"""What KServe calls the container that serves; a model's fields are merged over the runtime's of this name."""
PORT = 8080

MESH = "modelmesh-serving"
MESH_PODS = {"modelmesh-service": MESH}
"""Labels that ModelMesh gives the pods of every runtime of a namespace."""
MESH_PORTS = {"http": 8008, "grpc": 8033}
MESH_INNER = (8033, 8080)
"""By which its pods pass requests on to each other, and the controller tells them of models."""

FORMAT: Schema = record(("name",), name=TEXT, version=described({"type": "string", "minLength": 1}, "quoted"))
PROTOCOL: Schema = {"enum": ["v1", "v2", "grpc-v1", "grpc-v2"]}


def is_mesh(declaration: Declaration) -> bool:
    return declaration.fields.get("mode") == "ModelMesh"
