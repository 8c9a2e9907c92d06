"""What an inference-service may say: its fields, and what contradicts what."""

from collections.abc import Iterable, Mapping

from envgen.components import fields, knative, kserve
from envgen.components.fields import FLAG, NAME, TEXT, Schema, described, mapping, record
from envgen.declaration import Doubt, Fields
from envgen.model import Release

MODEL, TRANSFORMER = "model", "transformer"
_MODES = {"Standard": "Standard", "RawDeployment": "Standard", "Knative": "Knative", "Serverless": "Knative"}
"""KServe's words before and since 0.16, by what they mean now."""
_COUNT = {"type": "integer", "minimum": 0}


def mode_of(declared: Fields) -> str:
    """How KServe runs it, in its newer words."""
    mode = str(declared.get("mode", "Standard"))
    return _MODES.get(mode, mode)


def contradictions(declared: Fields, releases: tuple[Release, ...]) -> Iterable[Doubt]:
    known = {release.name: release for release in releases}
    for name in sorted(known.keys() - {MODEL, TRANSFORMER}):
        yield ("releases", name), "wrong-choice", f"{name!r} is neither {MODEL} nor {TRANSFORMER}; rename it"
    if MODEL not in known:
        yield ("releases",), "wrong-choice", f"there is no release {MODEL!r}; add the one that is served"
    if TRANSFORMER in known and not known[TRANSFORMER].image:
        yield ("releases", TRANSFORMER), "wrong-choice", "a transformer is an image; give it one"
    if TRANSFORMER in declared and TRANSFORMER not in known:
        yield (TRANSFORMER,), "wrong-choice", f"there is no release {TRANSFORMER!r}; add its image"
    if model := known.get(MODEL):
        yield from _source_contradictions(declared, model)
    yield from _mode_contradictions(declared, known)


def _source_contradictions(declared: Fields, release: Release) -> Iterable[Doubt]:
    if release.image:
        if MODEL in declared:
            yield (
                (MODEL,),
                "wrong-choice",
                "the model is in the image of its release; drop this, or make the release a uri",
            )
        return
    if MODEL not in declared:
        yield (
            ("releases", MODEL),
            "wrong-choice",
            "a uri needs a server; say the model's format under 'model', or make it an image",
        )
    for name in ("command", "port", "health"):
        if name in declared:
            yield (name,), "wrong-choice", f"{name} is the runtime's; drop it here"
    if {"runtime", "cluster-runtime"} <= declared.get(MODEL, {}).keys():
        yield (MODEL, "cluster-runtime"), "wrong-choice", "there is one runtime; drop this or 'runtime'"


def _mode_contradictions(declared: Fields, known: Mapping[str, Release]) -> Iterable[Doubt]:
    mode, expose = mode_of(declared), declared.get("expose")
    if mode == "ModelMesh":
        for name in sorted(declared.keys() - {"uses", "mode", "protocol", MODEL}):
            yield (
                (name,),
                "wrong-choice",
                f"in mode ModelMesh the pods are the runtime's; give {name} to the serving-runtime",
            )
        if TRANSFORMER in known or (MODEL in known and known[MODEL].image):
            yield ("releases",), "wrong-choice", "ModelMesh serves models from a store; its one release is a uri"
    elif mode == "Standard" and expose is True:
        yield ("expose",), "wrong-choice", "in mode Standard it is exposed under a host; name it"
    elif mode == "Knative" and expose not in (None, True, False):
        yield ("expose",), "wrong-choice", "in mode Knative the host is made of Knative's domain; write true"


_ENV = mapping({"anyOf": fields.ENV_VALUE["anyOf"][:-1]}, fields.VARIABLE)
_BOUNDS: dict[str, fields.Schema] = {
    "min-replicas": described(_COUNT, "pods there are at least; 1 if absent, 0 in mode Knative alone"),
    "max-replicas": described(_COUNT, "pods there are at most; min-replicas if absent"),
}

FIELDS: dict[str, Schema] = {
    **fields.some(
        *("port", "resources", "env", "command", "args", "health", "mounts", "writable"),
        *("run-as-user", "gpu", "egress"),
    ),
    **knative.FIELDS,
    **_BOUNDS,
    "mode": described(
        {"enum": [*_MODES, "ModelMesh"]},
        "how KServe runs it, in the words of the installed release: Standard (RawDeployment before 0.16),"
        " Knative (Serverless) or ModelMesh; Standard if absent",
    ),
    MODEL: described(
        record(
            ("format",),
            format=kserve.FORMAT,
            runtime=described(NAME, "serving-runtime of this system; KServe chooses if absent"),
            cluster_runtime=described(TEXT, "ClusterServingRuntime of the installation"),
            storage=described(
                record(
                    (),
                    secret=described(NAME, "secret of this system with the store's keys; the key, if absent"),
                    key=described(TEXT, "of the store in the Secret storage-config; the default if absent"),
                    parameters=mapping({"type": "string"}),
                    schema_path=TEXT,
                ),
                "the release is a path in this store; without it the release is a whole storageUri",
            ),
        ),
        "a model that a runtime loads; absent if the release model is an image",
    ),
    "protocol": described(kserve.PROTOCOL, "of inference, as KServe calls them; the runtime's if absent"),
    "timeout": described({"type": "integer", "minimum": 1}, "seconds a request may take"),
    **fields.some("service-account"),
    "credentials": described(NAME, "secret of this system with the keys of the store behind storageUri"),
    "logger": described(
        {
            **record(
                (),
                to=described(NAME, "component of this system, such as an event-broker"),
                url=described(TEXT, "any other address"),
                mode={"enum": ["all", "request", "response"]},
            ),
            "oneOf": [{"required": ["to"]}, {"required": ["url"]}],
        },
        "where requests and responses are sent as events",
    ),
    TRANSFORMER: described(
        record(
            (),
            **{name.replace("-", "_"): fields.POD[name] for name in ("port", "resources", "command", "args")},
            **{name.replace("-", "_"): fields.POD[name] for name in ("health", "writable", "run-as-user")},
            **{name.replace("-", "_"): schema for name, schema in _BOUNDS.items()},
            env=_ENV,
        ),
        "the container of the release transformer, which requests pass before and after the model",
    ),
    "expose": described(
        {"anyOf": [FLAG, fields.EXPOSE]}, "reachable from outside: under a host; in mode Knative, true"
    ),
}
