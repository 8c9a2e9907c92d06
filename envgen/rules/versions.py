"""Rules about images and model versions: what was approved must be what runs."""

import re
from collections.abc import Iterator

from envgen.model import IMAGE_TAG, UNRELEASED, Field, ImageRef, Kind, Object, Severity
from envgen.origin import place
from envgen.pinning import DIGEST, is_mutable_model, is_mutable_tag
from envgen.rules.pods import containers, pods
from envgen.rules.rule import Problem, Rule, each_unit
from envgen.rules.values import inside, items, mapping, title
from envgen.snapshot import Snapshot, Unit

_MODEL_FIELDS = frozenset(
    {"storageUri", "modelUri", "MODEL_URI", "STORAGE_URI", "MODEL_PATH", "MODEL_ALIAS", "MODEL_STAGE", "MODEL_VERSION"}
)
_IMAGE_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers", "steps", "sidecars"})
_IMAGE_PARENTS = frozenset({"container", "script", "stepTemplate"})
_IMAGE_KINDS = frozenset(
    {"CatalogSource", "DataSciencePipelinesApplication", "ScheduledSparkApplication", "SparkApplication"}
)
"""Custom kinds in which whatever is called an image is one that runs."""
_IMAGE_NAME = re.compile(r"(?:^|_)IMAGE(?:_|$)")
_DEV = re.compile(r"(?:^|[._-])dev(?:[._-]|$)")
_PARAMETER = re.compile(r"\$\(|\{\{")


def images(unit: Unit) -> Iterator[tuple[Object, Field, ImageRef]]:
    """Every image that something runs, steps of pipelines included; parameters are judged where they are given."""
    for rendered, texts in unit.texts:
        for field, text in texts:
            if field[-1] == "image" and _runs(rendered, field) and text and not _PARAMETER.search(text):
                yield rendered, field, ImageRef.parse(text)


def _runs(rendered: Object, field: Field) -> bool:
    if rendered.get("kind") in _IMAGE_KINDS:
        return True
    return len(field) >= 3 and (field[-3] in _IMAGE_LISTS or field[-2] in _IMAGE_PARENTS)


def models(rendered: Object, texts: tuple[tuple[Field, str], ...]) -> Iterator[tuple[Field, str]]:
    """Every model pointer: URI fields, and variables and keys that are named like one."""
    for field, text in texts:
        if field[-1] in _MODEL_FIELDS or (field[-1] == "path" and field[-2:-1] == ("storage",)):
            yield field, text
        elif field[-1] == "name" and text in _MODEL_FIELDS and "env" in field:
            value = _sibling(rendered, field)
            if isinstance(value, str):
                yield (*field[:-1], "value"), value


def _sibling(rendered: Object, field: Field) -> object:
    value: object = rendered
    for step in field[:-1]:
        value = value[step]  # type: ignore[index]  # the field came from this very object
    return mapping(value).get("value")


def _named_images(rendered: Object, texts: tuple[tuple[Field, str], ...]) -> Iterator[tuple[Field, ImageRef]]:
    """Images in variables, which a program starts pods of."""
    for field, text in texts:
        if field[-1] == "name" and "env" in field and _IMAGE_NAME.search(text):
            value = _sibling(rendered, field)
            if isinstance(value, str) and value and not _PARAMETER.search(value):
                yield (*field[:-1], "value"), ImageRef.parse(value)


def _folders(rendered: Object) -> Iterator[tuple[Field, str]]:
    """Where TensorFlow Serving looks for the highest version, unless a file says which versions it serves."""
    for at, spec in pods(rendered):
        for field, container in containers(spec):
            words = [str(word) for part in ("command", "args") for word in items(container.get(part))]
            if any(word.startswith("--model_config_file") for word in words):
                continue
            for i, entry in enumerate(items(container.get("env"))):
                if mapping(entry).get("name") == "MODEL_BASE_PATH" and mapping(entry).get("value"):
                    yield (*at, *field, "env", i, "value"), str(entry["value"])


def _unpinned(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, image in images(unit):
        if not image.tag and not image.digest:
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs {image} without tag or digest; name a version"


def _malformed(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, image in images(unit):
        if (image.tag and not IMAGE_TAG.fullmatch(image.tag)) or (image.digest and not DIGEST.fullmatch(image.digest)):
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs {str(image)!r}, which no registry can serve; correct tag or digest"


def _mutable(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, field, image in images(unit):
        if not image.digest and is_mutable_tag(image.tag):
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs {image}, a tag that moves; name one that does not, or a digest"
    for rendered, texts in unit.texts:
        for field, image in _named_images(rendered, texts):
            if not image.digest and is_mutable_tag(image.tag):
                at = place(snapshot, unit, rendered, field)
                yield at, f"{title(rendered)} starts {image}, a tag that moves; name one that does not, or a digest"


def _mutable_models(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    for rendered, texts in unit.texts:
        for field, pointer in models(rendered, texts):
            if is_mutable_model(pointer):
                at = place(snapshot, unit, rendered, field)
                yield at, f"{title(rendered)} loads {pointer!r}, which can change without a commit; name a version"
        for field, folder in _folders(rendered):
            at = place(snapshot, unit, rendered, field)
            what = f"{title(rendered)} loads the highest version in {folder!r}, which can change without a commit"
            yield at, f"{what}; name one in a --model_config_file"


def _unreleased_texts(unit: Unit) -> Iterator[tuple[Object, Field]]:
    for rendered, field, image in images(unit):
        if image.tag == UNRELEASED:
            yield rendered, field
    for rendered in unit.objects:
        yield from ((rendered, field) for field in _unreleased_notes(rendered))


_NOTED: tuple[tuple[str, ...], ...] = (
    ("metadata",),
    ("spec", "template", "metadata"),
    ("spec", "jobTemplate", "spec", "template", "metadata"),
    ("spec", "predictor"),
    ("spec",),
)
"""What has the annotations that pods get: workloads, a Knative service, KServe's predictor, Seldon's deployment."""


def _unreleased_notes(rendered: Object) -> Iterator[Field]:
    for above in _NOTED:
        for name, value in mapping(inside(rendered, *above, "annotations")).items():
            if name.startswith("envgen.dev/release") and UNRELEASED in str(value):
                yield (*above, "annotations", name)


def _unreleased(snapshot: Snapshot, unit: Unit, *, in_dev: bool) -> Iterator[Problem]:
    is_dev = unit.environment is not None and unit.environment.kind is Kind.DEV
    if is_dev is not in_dev:
        return
    remedy = "waits for its first envgen bump" if in_dev else "must not run before its first promotion"
    for rendered, field in _unreleased_texts(unit):
        yield place(snapshot, unit, rendered, field), f"{title(rendered)} has no version yet; it {remedy}"


def _waiting(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    return _unreleased(snapshot, unit, in_dev=True)


def _running_unreleased(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    return _unreleased(snapshot, unit, in_dev=False)


def _foreign(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    platform = snapshot.platform
    for rendered, field, image in images(unit) if platform else ():
        names = {image.repository, _full(image.repository)}
        if platform and not any(platform.allows_image(name) for name in names):
            at = place(snapshot, unit, rendered, field, "newName")
            yield at, f"{title(rendered)} runs {image}, from none of the platform's registries; use or add one"


def _full(repository: str) -> str:
    """The name as container runtimes complete it: `python` is `docker.io/library/python`."""
    first, slash, _ = repository.partition("/")
    if not slash:
        return f"docker.io/library/{repository}"
    return repository if "." in first or ":" in first or first == "localhost" else f"docker.io/{repository}"


def _of_dev(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if unit.environment is None or unit.environment.kind is Kind.DEV:
        return
    for rendered, field, image in images(unit):
        folders = image.repository.split("/")[1:-1]
        if found := next((folder for folder in folders if _DEV.search(folder)), ""):
            at = place(snapshot, unit, rendered, field, "newName")
            yield at, f"{title(rendered)} runs {image} from {found!r}, where dev writes; release it elsewhere"


def _undigested(snapshot: Snapshot, unit: Unit) -> Iterator[Problem]:
    if unit.environment is None or unit.environment.name not in snapshot.required_digests:
        return
    for rendered, field, image in images(unit):
        if not image.digest:
            at = place(snapshot, unit, rendered, field)
            yield at, f"{title(rendered)} runs {image} without a digest, which the guard's policy requires; add it"


RULES: tuple[Rule, ...] = (
    Rule("unpinned-image", each_unit(_unpinned)),
    Rule("malformed-image", each_unit(_malformed)),
    Rule("mutable-image", each_unit(_mutable)),
    Rule("mutable-model", each_unit(_mutable_models)),
    Rule("waiting-release", each_unit(_waiting), Severity.INFO),
    Rule("unreleased", each_unit(_running_unreleased)),
    Rule("foreign-registry", each_unit(_foreign)),
    Rule("dev-image", each_unit(_of_dev)),
    Rule("missing-digest", each_unit(_undigested)),
)
