"""In which GPU pools a pod may land: labels and taints as the scheduler reads them."""

from collections.abc import Iterable
from typing import Any

from envgen.components.gpus import PRODUCT
from envgen.platform import Pool
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
    chosen = (e for e in _expressions(term) if e.get("key") == PRODUCT and e.get("operator") == "In")
    return frozenset(str(value) for expression in chosen for value in items(expression.get("values")))


def _expressions(term: Any) -> list[Spec]:
    return [mapping(expression) for expression in items(inside(term, "matchExpressions"))]


def allows(spec: Spec, pool: Pool) -> bool:
    """Whether the labels that a pod demands admit the nodes of a pool; labels that nobody declared are unknown here."""
    labels = {PRODUCT: pool.product_label, **dict(pool.labels)}
    terms = items(inside(spec, *REQUIRED))
    is_admitted = not terms or any(all(_holds(e, labels) for e in _expressions(term)) for term in terms)
    selected = mapping(spec.get("nodeSelector"))
    return is_admitted and all(selected.get(key, value) == value for key, value in labels.items())


def _holds(expression: Spec, labels: dict[str, str]) -> bool:
    value = labels.get(str(expression.get("key")))
    if value is None:
        return True
    values = items(expression.get("values"))
    verdicts = {"In": value in values, "NotIn": value not in values, "DoesNotExist": False}
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
    return [pool for pool in pools if allows(spec, pool) and not untolerated(pool, spec)]
