"""Records are believed only as far as they have the type that is expected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from nef2hw.errors import ProgramError
from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.records import from_record, to_record


@dataclass(frozen=True)
class Leaf:
    code: int
    real: float
    on: bool
    kind: Literal["one", "two"]


@dataclass(frozen=True, eq=False)
class Tree:
    name: str
    leaves: tuple[Leaf, ...]
    pair: tuple[int, int]
    codes: CodeArray
    maybe: FloatArray | None
    number: int | None


TREE = Tree(
    "t",
    (Leaf(1, 0.5, True, "one"), Leaf(-2, 1e300, False, "two")),
    (3, 4),
    np.array([5, -6], dtype=np.int64),
    None,
    7,
)


def written():
    arrays = {}
    record = json.loads(json.dumps(to_record(TREE, "t", arrays)))
    return record, arrays


def test_a_value_comes_back_through_json():
    record, arrays = written()
    assert list(arrays) == ["t/codes"]
    back = from_record(Tree, record, "t", arrays)
    assert (back.name, back.leaves, back.pair, back.maybe, back.number) == (
        TREE.name,
        TREE.leaves,
        TREE.pair,
        None,
        7,
    )
    np.testing.assert_array_equal(back.codes, TREE.codes)


def test_an_optional_array_comes_back_when_it_is_there():
    record, arrays = written()
    arrays["t/maybe"] = np.array([0.25])
    assert from_record(Tree, record, "t", arrays).maybe.tolist() == [0.25]


def test_an_integer_is_read_where_a_float_is_wanted():
    record, arrays = written()
    record["leaves"][0]["real"] = 2
    found = from_record(Tree, record, "t", arrays).leaves[0].real
    assert (found, type(found)) == (2.0, float)


WRONG = {
    "leaves not a list": ({"leaves": {}}, r"t/leaves is dict, expected a list"),
    "tuple too short": ({"pair": [1]}, r"t/pair has 1 entries, expected 2"),
    "tuple too long": ({"pair": [1, 2, 3]}, r"t/pair has 3 entries, expected 2"),
    "text for integer": ({"pair": [1, "2"]}, r"t/pair/1 is '2', which is not a int"),
    "float for integer": ({"number": 7.0}, r"t/number is 7\.0, which is not a int"),
    "bool for integer": ({"number": True}, r"t/number is True, which is not a int"),
    "list for text": ({"name": []}, r"t/name is \[\], which is not a str"),
    "leaf not a record": ({"leaves": [3]}, r"t/leaves/0 does not hold the fields of a Leaf"),
    "leaf without fields": ({"leaves": [{}]}, r"t/leaves/0 does not hold the fields of a Leaf"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_record_of_another_type_is_refused(name):
    change, message = WRONG[name]
    record, arrays = written()
    with pytest.raises(ProgramError, match=message):
        from_record(Tree, record | change, "t", arrays)


WRONG_LEAF = {
    "literal": ({"kind": "three"}, r"leaves/1/kind is 'three', which is not a"),
    "unhashable literal": ({"kind": ["one"]}, r"leaves/1/kind is \['one'\], which is not a"),
    "bool for float": ({"real": True}, r"leaves/1/real is True, which is not a float"),
    "huge integer for float": ({"real": 10**400}, r"leaves/1/real is larger than any float"),
    "integer for bool": ({"on": 1}, r"leaves/1/on is 1, which is not a bool"),
    "field to spare": ({"more": 1}, r"leaves/1 does not hold the fields of a Leaf"),
}


@pytest.mark.parametrize("name", WRONG_LEAF)
def test_a_field_of_another_type_is_refused(name):
    change, message = WRONG_LEAF[name]
    record, arrays = written()
    record["leaves"][1] |= change
    with pytest.raises(ProgramError, match=message):
        from_record(Tree, record, "t", arrays)


def test_a_missing_array_is_named():
    record, _ = written()
    with pytest.raises(ProgramError, match=r"t/codes is missing"):
        from_record(Tree, record, "t", {})


@pytest.mark.parametrize("dtype", [np.int32, np.float64, np.uint64, "U2"])
def test_an_array_of_another_dtype_is_refused(dtype):
    record, arrays = written()
    arrays["t/codes"] = np.array([5, 6]).astype(dtype)
    with pytest.raises(ProgramError, match=rf"t/codes has dtype {np.dtype(dtype)}, expected int64"):
        from_record(Tree, record, "t", arrays)
