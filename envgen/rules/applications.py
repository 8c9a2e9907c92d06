"""The Applications that the objects in gitops/argocd make, as far as they are known before Argo CD runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from envgen.files.argocd import PATHS
from envgen.model import Data, Document, Field, Location
from envgen.rules.values import inside, items, mapping
from envgen.snapshot import Snapshot


@dataclass(frozen=True)
class Template:
    """The text that Applications are made of: an Application itself, or the template of a set."""

    document: Document
    root: Field
    """Where the Application's metadata and spec stand."""
    data: Data

    @property
    def spec(self) -> Data:
        return mapping(self.data.get("spec"))

    @property
    def name(self) -> str:
        return str(inside(self.data, "metadata", "name"))

    @property
    def annotation(self) -> str:
        return str(inside(self.data, "metadata", "annotations", PATHS) or "")

    def at(self, *field: str | int) -> Location:
        return self.document.at(*self.root, *field)

    @property
    def sources(self) -> list[tuple[Field, Data]]:
        """Every source that can be judged by this repository, with its field: charts are other people's."""
        several = enumerate(items(self.spec.get("sources")))
        found = [(("spec", "source"), self.spec.get("source")), *((("spec", "sources", i), s) for i, s in several)]
        return [(field, source) for field, source in found if isinstance(source, dict) and "chart" not in source]


@dataclass(frozen=True)
class Application(Template):
    """One Application as Argo CD makes it: an element of a generator filled into the template."""

    element: Field = ()
    """Where the element stands; empty for an Application that is written out."""

    def told(self, parameter: str, *field: str | int) -> Location:
        """Where a field got its value: the element's parameter, or the field itself."""
        place = (*self.element, parameter)
        is_told = self.element and place in self.document.marks
        return self.document.at(*place) if is_told else self.at(*field)


def templates(snapshot: Snapshot) -> Iterator[Template]:
    """Every Application and every template of Applications in gitops/argocd."""
    for document in snapshot.argocd:
        if _is(document, "Application"):
            yield Template(document, (), document.data)
        elif _is(document, "ApplicationSet"):
            yield Template(document, ("spec", "template"), mapping(inside(document.data, "spec", "template")))


def applications(snapshot: Snapshot) -> Iterator[Application]:
    """Every Application that is known before Argo CD runs: written out, or made by a list."""
    for template in templates(snapshot):
        if not template.root:
            yield Application(template.document, (), template.data)
            continue
        for i, generator in enumerate(items(inside(template.document.data, "spec", "generators"))):
            for j, element in enumerate(items(inside(generator, "list", "elements"))):
                place = ("spec", "generators", i, "list", "elements", j)
                filled = _filled(template.data, mapping(element))
                yield Application(template.document, template.root, filled, place)


def _is(document: Document, kind: str) -> bool:
    data = mapping(document.data)
    return data.get("kind") == kind and str(data.get("apiVersion")).startswith("argoproj.io/")


def of_kind(snapshot: Snapshot, kind: str) -> Iterator[Document]:
    return (document for document in snapshot.argocd if _is(document, kind))


def _filled(value: Data, element: Data) -> Data:
    """The template with `{{.name}}` replaced, as Go's templates do for plain parameters."""
    if isinstance(value, dict):
        return {key: _filled(child, element) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, element) for child in value]
    if isinstance(value, str) and "{{" in value:
        for name, text in element.items():
            for spelled in (f"{{{{.{name}}}}}", f"{{{{ .{name} }}}}", f"{{{{{name}}}}}"):
                value = value.replace(spelled, str(text))
    return value


def is_open(value: Data) -> bool:
    """Whether a text still waits for a parameter."""
    return "{{" in str(value)
