import pytest

from nef2hw.errors import Collector, FormatError, ModelError, all_of, naming


def fail(error):
    raise error


def test_results_come_in_order():
    assert all_of([lambda: 1, lambda: 2]) == (1, 2)


def test_all_errors_are_told_at_once():
    calls = [
        lambda: fail(FormatError("one")),
        lambda: 2,
        lambda: fail(ModelError("two\nthree")),
    ]
    with pytest.raises(FormatError) as caught:
        all_of(calls)
    assert caught.value.problems == ("one", "two", "three")


def test_what_is_no_error_of_ours_is_not_caught():
    with pytest.raises(ZeroDivisionError):
        all_of([lambda: 1 // 0])


def test_problems_without_an_error_are_those_of_a_model():
    collect = Collector()
    collect.problems.append("no ensemble")
    with pytest.raises(ModelError, match="no ensemble"):
        collect.check()


def test_a_place_is_put_before_each_problem_that_does_not_begin_with_it():
    with pytest.raises(ModelError) as caught, naming("a.nir"):
        fail(ModelError("one\na.nir cannot be read"))
    assert caught.value.problems == ("a.nir: one", "a.nir cannot be read")
