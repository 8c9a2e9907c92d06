"""Every operator, family by family."""

from tests.fidelity.nouns import Operator
from tests.fidelity.operators import (
    choices,
    contradictions,
    contradictions_in_pods,
    labels,
    names,
    quantities,
    ranges,
    references,
    repeated,
    selectors,
    types,
    valid,
    valid_pods,
)

OPERATORS: tuple[Operator, ...] = (
    *quantities.OPERATORS,
    *names.OPERATORS,
    *labels.OPERATORS,
    *selectors.OPERATORS,
    *choices.OPERATORS,
    *ranges.OPERATORS,
    *repeated.OPERATORS,
    *references.OPERATORS,
    *contradictions_in_pods.OPERATORS,
    *contradictions.OPERATORS,
    *types.OPERATORS,
    *valid_pods.OPERATORS,
    *valid.OPERATORS,
)
