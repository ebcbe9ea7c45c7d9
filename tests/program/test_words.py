"""Fields of the core's words."""

import pytest

from nef2hw.program.words import (
    deliver_fields,
    index_bits,
    instruction_fields,
    pack,
    unpack,
    update_fields,
    width_of,
)
from tests.program.cores import CONFIG, core

FIELDS = {"a": 3, "b": 1, "c": 8}


def test_fields_are_packed_lowest_first_and_absent_ones_are_zero():
    assert pack(FIELDS, {"a": 5, "c": 0x81}) == 0x810 + 5
    assert pack(FIELDS, {}) == 0


def test_negative_values_are_in_twos_complement():
    assert pack(FIELDS, {"a": -4, "b": -1, "c": -1}) == 0xFFC
    assert pack(FIELDS, {"a": -1}) == 7


def test_unpacking_gives_back_what_was_packed_as_unsigned():
    word = pack(FIELDS, {"a": 6, "b": 1, "c": -128})
    assert unpack(FIELDS, word) == {"a": 6, "b": 1, "c": 128}


@pytest.mark.parametrize("value", [-5, 8, 1000])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match=rf"a = {value} does not fit 3 bits"):
        pack(FIELDS, {"a": value})


def test_a_value_without_a_field_is_refused():
    with pytest.raises(ValueError, match="no field is called d"):
        pack(FIELDS, {"a": 1, "e": 1, "d": 1})


@pytest.mark.parametrize(("depth", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10)])
def test_an_index_has_the_bits_of_the_last_place(depth, bits):
    assert index_bits(depth) == bits


def test_an_instruction_holds_the_longer_of_its_kinds():
    body = instruction_fields(CONFIG)["body"]
    assert body == max(width_of(update_fields(CONFIG)), width_of(deliver_fields(CONFIG)))
    assert CONFIG.instruction_words == -(-(body + 3) // 32)


def test_counts_have_room_for_the_size_itself():
    full = core(neuron_rows=64, row_words=8, plane_words=128)
    assert update_fields(full)["count"] == 7
    assert update_fields(full)["row_words"] == 4
    assert deliver_fields(full)["words"] == 8
    assert update_fields(full)["neuron"] == 6
