"""Every mutation still has its place in the source; running them takes long."""

import ast

import pytest

from tests.mutants.mutation import Mutation
from tests.mutations import MUTATIONS, ROOT, copy_source, describe, try_one


@pytest.mark.parametrize("mutation", MUTATIONS, ids=describe)
def test_a_mutation_applies_in_one_place_and_is_python(mutation):
    source = (ROOT / mutation.file).read_text()
    assert source.count(mutation.right) == 1
    assert mutation.wrong != mutation.right
    ast.parse(source.replace(mutation.right, mutation.wrong))
    for test in mutation.tests:
        assert (ROOT / test).exists()


def test_there_are_enough_and_none_twice():
    assert len(set(MUTATIONS)) == len(MUTATIONS) >= 60


def test_a_fault_is_tried_in_a_copy(tmp_path):
    copy_source(tmp_path)
    tests = ("tests/program/test_words.py",)
    place = "nef2hw/program/words.py"
    right = "from __future__ import annotations"
    assert try_one(Mutation(place, right, f"{right}\nraise KeyError", tests), tmp_path) == "broken"
    assert try_one(Mutation(place, right, f"{right}\n", tests), tmp_path) == "survived"
    assert (tmp_path / place).read_text() == (ROOT / place).read_text()
