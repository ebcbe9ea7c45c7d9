"""What a file leaves out is told with the value it then has."""

import numpy as np

from nef2hw.model.defaults import defaults_taken


def arrays(**values):
    return {key.replace("__", "/"): np.asarray(value) for key, value in values.items()}


def test_absent_fields_are_told_together_by_field():
    found = defaults_taken(
        arrays(
            inputs__x__size=1,
            inputs__y__size=1,
            inputs__y__low=-2.0,
            ensembles__a__gain=[1.0],
            ensembles__b__gain=[1.0],
            ensembles__b__tau_ref=0.0,
        )
    )
    assert found == (
        "inputs: low is not given for x: -1",
        "inputs: high is not given for x, y: 1",
        "ensembles: tau_rc is not given for a, b: 0.02 s",
        "ensembles: tau_ref is not given for a: 0.002 s",
        "ensembles: voltage_init is not given for a, b: 0",
    )


def test_what_a_part_does_not_have_is_not_missing():
    found = defaults_taken(
        arrays(
            inputs__s__kind="spike",
            ensembles__r__neuron_type="SpikingRectifiedLinear",
            layers__1__neuron_type="none",
            inputs__x__low=0.0,
            inputs__x__high=1.0,
        )
    )
    assert found == ("ensembles: voltage_init is not given for r: 0",)


def test_the_input_of_layers_has_a_range():
    found = defaults_taken(arrays(layers__0__weights=[[1.0]]))
    assert found[-1] == "inputs: low and high are not given for x: -1 to 1"


def test_long_lists_are_cut():
    given = arrays(**{f"inputs__x{k}__size": 1 for k in range(9)})
    assert defaults_taken(given)[0].endswith("x0, x1, x2, x3, x4, x5, and 3 more: -1")
