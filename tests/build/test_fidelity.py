"""Comparing the integers with the float network."""

import numpy as np
import pytest

from nef2hw.build.fidelity import Labels, accuracy, compare
from nef2hw.errors import StimulusError
from nef2hw.trace import Trace


def trace(spikes, values):
    return Trace(
        steps=len(spikes),
        spikes={"e": np.array(spikes, dtype=np.uint8)},
        probes={"p": np.array(values, dtype=float)},
    )


def test_counts_and_decoded_values_are_compared():
    found = compare(
        trace([[1, 0], [1, 1], [0, 1], [0, 0]], [[0.0], [2.0], [-4.0], [0.0]]),
        trace([[1, 0], [0, 1], [1, 1], [1, 0]], [[0.0], [2.0], [-4.0], [1.0]]),
    )
    assert found.spike_count_error == {"e": 0.25}
    assert found.spike_count_deviation == {"e": 0.25}
    assert found.decoded_rmse == {"p": 0.5}
    assert found.decoded_range == {"p": 4.0}
    assert found.accuracy_float is None


def test_neurons_that_cancel_in_the_sum_still_deviate():
    found = compare(trace([[1, 0], [1, 0]], [[0], [0]]), trace([[1, 0], [0, 1]], [[0], [0]]))
    assert found.spike_count_error == {"e": 0.0}
    assert found.spike_count_deviation == {"e": 1.0}


def test_the_last_value_of_each_presentation_decides_and_ties_go_to_the_lowest():
    shown = trace([[0]] * 4, [[9, 0], [0, 1], [0, 9], [3, 3]])
    assert accuracy(shown, Labels(np.array([1, 0]), hold=2)) == 1.0
    assert accuracy(shown, Labels(np.array([1, 1]), hold=2)) == 0.5


def test_labels_that_do_not_fit_the_steps_are_refused():
    with pytest.raises(StimulusError, match=r"3 labels held for 2 steps need 6 steps, .* has 4"):
        accuracy(trace([[0]] * 4, [[0, 1]] * 4), Labels(np.array([0, 1, 0]), hold=2))


def test_a_label_without_a_probed_value_is_refused():
    with pytest.raises(StimulusError, match="labels go up to 2, but the probes have 2 values"):
        accuracy(trace([[0]] * 2, [[0, 1]] * 2), Labels(np.array([0, 2]), hold=1))


def test_spikes_are_counted_for_a_class_and_have_no_decoded_error():
    probed = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    found = trace([[0]] * 6, probed)
    labels = Labels(np.array([0, 1]), 3)
    compared = compare(found, found, labels, spiking=list(found.probes))
    assert compared.accuracy_golden == 1.0
    assert compare(found, found, labels).accuracy_golden == 0.0
    assert compared.decoded_rmse == {}
