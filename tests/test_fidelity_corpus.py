"""The mutants that the servers judge: many, each a thing of its own, always the same; and no false alarm among them."""

from pathlib import Path

import pytest

from envgen import schemas
from envgen.rules.server.kinds import refusals
from tests.fidelity.corpus import corpus, everything
from tests.fidelity.nouns import Mutant
from tests.fidelity.operators import OPERATORS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def mutants() -> tuple[Mutant, ...]:
    return corpus(ROOT)


def test_there_are_many_and_not_too_many(mutants: tuple[Mutant, ...]) -> None:
    assert 300 <= len(mutants) <= 900


def test_every_family_is_there(mutants: tuple[Mutant, ...]) -> None:
    assert {mutant.family for mutant in mutants} == {operator.family for operator in OPERATORS}


def test_no_mutant_is_its_origin_or_another(mutants: tuple[Mutant, ...]) -> None:
    texts = {repr(mutant.object) for mutant in mutants}

    assert len(texts) == len(mutants)
    assert not texts & {repr(mutant.origin.object) for mutant in mutants}


def test_the_corpus_is_the_same_every_time(mutants: tuple[Mutant, ...]) -> None:
    assert corpus(ROOT) == mutants


@pytest.fixture(scope="module")
def valid() -> list[Mutant]:
    return [mutant for mutant in everything(ROOT) if mutant.family == "valid"]


def test_what_only_looks_odd_is_refused_by_no_rule(valid: list[Mutant]) -> None:
    """A real server takes the family *valid* (tests/e2e/test_fidelity.py), so every refusal here would be false."""
    refused = {mutant.title: refusals(mutant.object) for mutant in valid}

    assert {title: found for title, found in refused.items() if found} == {}
    assert len(valid) > 300


def test_what_only_looks_odd_fits_its_schema(valid: list[Mutant]) -> None:
    bundle, entries = schemas.load(schemas.DEFAULT), [mutant.object for mutant in valid]
    judged = [(entry, bundle.validator(entry["apiVersion"], entry["kind"])) for entry in entries]

    assert [entry for entry, validator in judged if validator and not validator.accepts(entry)] == []
