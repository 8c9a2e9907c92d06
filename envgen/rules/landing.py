"""In which GPU pools a pod may land: labels and taints as the scheduler reads them."""

from collections.abc import Iterable
from typing import Any

from envgen.components.pods import PRODUCT
from envgen.declaration import Pool
from envgen.rules.values import inside, items, mapping

REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")

Spec = dict[str, Any]


def products(spec: Spec) -> frozenset[str]:
    """The GPU products that a pod names, by label or by required affinity; empty if it does not choose."""
    selected = inside(spec, "nodeSelector", PRODUCT)
    terms = [_named(term) for term in items(inside(spec, *REQUIRED))]
    chosen = frozenset().union(*terms) if all(terms) else frozenset[str]()
    return chosen | {selected} if isinstance(selected, str) else chosen


def _named(term: Any) -> frozenset[str]:
    chosen = (e for e in _about_products(term) if e.get("operator") == "In")
    return frozenset(str(value) for expression in chosen for value in items(expression.get("values")))


def _about_products(term: Any) -> list[Spec]:
    return [e for e in map(mapping, items(inside(term, "matchExpressions"))) if e.get("key") == PRODUCT]


def allows(spec: Spec, product: str) -> bool:
    """Whether the labels that a pod demands admit a product; what it demands besides is unknown here."""
    terms = items(inside(spec, *REQUIRED))
    is_admitted = not terms or any(all(_holds(e, product) for e in _about_products(term)) for term in terms)
    return is_admitted and mapping(spec.get("nodeSelector")).get(PRODUCT, product) == product


def _holds(expression: Spec, product: str) -> bool:
    values = items(expression.get("values"))
    verdicts = {"In": product in values, "NotIn": product not in values, "DoesNotExist": False}
    return verdicts.get(str(expression.get("operator")), True)


def untolerated(pool: Pool, spec: Spec) -> list[str]:
    """The taints that keep a pod out of a pool."""
    tolerations = [mapping(toleration) for toleration in items(spec.get("tolerations"))]
    binding = (taint for taint in pool.taints if not taint.endswith(":PreferNoSchedule"))
    return [taint for taint in binding if not any(_tolerates(t, taint) for t in tolerations)]


def _tolerates(toleration: Spec, taint: str) -> bool:
    rest, _, effect = taint.rpartition(":")
    key, _, value = rest.partition("=")
    if (toleration.get("effect") or effect) != effect:
        return False
    if toleration.get("operator") == "Exists":
        return (toleration.get("key") or key) == key
    return (toleration.get("key"), toleration.get("value") or "") == (key, value)


def landing(spec: Spec, pools: Iterable[Pool]) -> list[Pool]:
    """The pools with a product that the pod chose, and whose taints it tolerates."""
    return [pool for pool in pools if allows(spec, pool.product) and not untolerated(pool, spec)]
