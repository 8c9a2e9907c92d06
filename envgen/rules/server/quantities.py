"""Quantities: their form, what they amount to, and how requests, limits and names of resources go together.

Facts: k8s.io/kubernetes/pkg/apis/core/validation
(validateResourceRequirements, validateContainerResourceName, ValidateResourceQuantityValue).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil

from envgen.components.gpus import GPU
from envgen.model import Data
from envgen.quantity import amount, measured
from envgen.rules.server.forms import is_qualified
from envgen.rules.server.refusal import (
    CONTRADICTION,
    MISSING,
    NONE,
    OVER_LIMIT,
    QUANTITY,
    RANGE,
    Check,
    Refusal,
    Refusals,
    below,
    refuse,
)
from envgen.rules.values import mapping
from envgen.yamlio import KEY

_STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})
_COUNTED = frozenset(
    "pods services replicationcontrollers resourcequotas secrets configmaps persistentvolumeclaims "
    "services.nodeports services.loadbalancers".split()
)
_IN_QUOTAS = (
    _STANDARD
    | _COUNTED
    | frozenset(
        "requests.cpu requests.memory requests.storage requests.ephemeral-storage limits.cpu limits.memory "
        "limits.ephemeral-storage".split()
    )
)


def quantity(least: int | None = 0, *, positive: bool = False) -> Check:
    """A quantity that is not below nothing."""

    def check(value: Data) -> Refusals:
        found = measured(value)
        if found is None:
            is_odd = value.__class__ is str
            return refuse(QUANTITY, f"{value!r} is no quantity; write one such as 500m, 2 or 1.5Gi") if is_odd else NONE
        if least is not None and found < least:
            return refuse(QUANTITY, f"{value} is less than nothing; write a quantity that is not")
        return refuse(QUANTITY, f"{value} is nothing; write more") if positive and not found else NONE

    return check


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    return not _is_native(name) and not name.startswith("requests.") and is_qualified(f"requests.{name}")


def _is_whole(name: str, found: Fraction) -> bool:
    if name == GPU:
        return True  # gpu-fraction, which looks into custom resources too
    return not (name in _COUNTED or _is_extended(name)) or ceil(found * 1000) % 1000 == 0


def is_of_containers(name: str) -> bool:
    if not is_qualified(name):
        return False
    if "/" not in name:
        return name in _STANDARD or name.startswith("hugepages-")
    return _is_native(name) or _is_extended(name)


def is_of_pods(name: str) -> bool:
    return name in ("cpu", "memory") or (name.startswith("hugepages-") and is_qualified(name))


def is_of_quotas(name: str) -> bool:
    if not is_qualified(name):
        return False
    return "/" in name or name in _IN_QUOTAS or name.startswith(("hugepages-", "requests.hugepages-"))


def is_of_any(name: str) -> bool:
    return is_qualified(name)


def resources(is_known: Callable[[str], bool], least: int | None = 0) -> Check:
    """Amounts by the names of resources; where they may be negative, they need not be whole either."""
    inner = quantity(least)

    def check(value: Data) -> Refusals:
        found: list[Refusal] = []
        for name, given in value.items() if value.__class__ is dict else ():
            if not is_known(name):
                message = f"{name!r} is no resource; use one of Kubernetes', or a domain, '/' and a name"
                found.append(Refusal(QUANTITY, (name, KEY), message))
            elif wrong := inner(given):
                found += below(name, wrong)
            elif least is not None and (there := measured(given)) is not None and not _is_whole(name, there):
                found.append(Refusal(QUANTITY, (name,), f"{given} of {name} cannot be had; write a whole number"))
        return found

    return check


def _requirements(inner: Check) -> Check:
    def check(value: Data) -> Refusals:
        if value.__class__ is not dict:
            return NONE
        limits, requests = mapping(value.get("limits")), mapping(value.get("requests"))
        found = [*below("limits", inner(limits)), *below("requests", inner(requests))]
        return found or [*_compared(requests, limits), *_huge({**limits, **requests})]

    return check


requirements = _requirements(resources(is_of_containers))
"""The resources of a container: names, amounts, and requests against limits."""

pod_requirements = _requirements(resources(is_of_pods))
"""Those of a whole pod."""


def _compared(requests: dict[str, Data], limits: dict[str, Data]) -> Iterator[Refusal]:
    for name, given in requests.items():
        is_tied = not _is_native(name) or name.startswith("hugepages-")
        if name == GPU:
            continue  # gpu-request-differs, which looks into custom resources too
        if name not in limits:
            if is_tied:
                yield Refusal(MISSING, ("requests", name), f"{name} is requested without a limit; write the same limit")
            continue
        asked, most = measured(given) or Fraction(0), measured(limits[name]) or Fraction(0)
        if asked > most or (is_tied and asked != most):
            remedy = "make them equal" if is_tied else "lower it or raise the limit"
            message = f"{given} of {name} is requested with a limit of {limits[name]}; {remedy}"
            yield Refusal(OVER_LIMIT, ("requests", name), message)


def _huge(given: dict[str, Data]) -> Iterator[Refusal]:
    """Huge pages come with cpu or memory, and in whole pages."""
    pages = [name for name in given if name.startswith("hugepages-")]
    if pages and not given.keys() & {"cpu", "memory"}:
        yield Refusal(CONTRADICTION, (), f"{pages[0]} without cpu or memory; name one of them too")
    for name in pages:
        size, asked = amount(name.removeprefix("hugepages-")), measured(given[name])
        if size and asked and asked % size:
            yield Refusal(RANGE, (), f"{given[name]} is no multiple of the pages of {name}; correct it")
