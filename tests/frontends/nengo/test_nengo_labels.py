"""Names of labels."""

import nengo

from nef2hw.frontends.nengo import from_nengo
from nef2hw.frontends.nengo.labels import part_names


def names(network):
    return list(part_names(network).values())


def test_labels_stay_and_what_has_none_is_numbered():
    with nengo.Network() as model:
        nengo.Ensemble(10, 1, label="vision & touch")
        for _ in range(2):
            nengo.Ensemble(10, 1)
        nengo.Node(label="stimulus")
        nengo.Node()
    assert names(model) == ["vision_touch", "ens0", "ens1", "stimulus", "node0"]


def test_parts_of_subnetworks_get_prefixes_where_they_are_needed():
    with nengo.Network(label="whole") as model:
        nengo.Ensemble(10, 1, label="a")
        for label in ("left", "right"):
            with nengo.Network(label=label):
                nengo.Ensemble(10, 1, label="a")
                nengo.Ensemble(10, 1, label=f"only_{label}")
        with nengo.Network():
            nengo.Ensemble(10, 1, label="a")
    assert names(model) == ["a", "left_a", "only_left", "right_a", "only_right", "net0_a"]


def test_numbers_get_the_name_of_their_network():
    with nengo.Network() as model:
        model.memory = nengo.networks.EnsembleArray(10, 2)
        nengo.networks.EnsembleArray(10, 1, label="other")
    found = names(model)
    assert found == [
        *("memory_0", "memory_1", "memory_input", "memory_output"),
        *("other_0", "other_input", "other_output"),
    ]


def test_the_same_label_in_the_same_place_is_numbered():
    with nengo.Network() as model:
        for _ in range(3):
            nengo.Ensemble(10, 1, label="a")
    assert names(model) == ["a", "a_2", "a_3"]


def test_a_network_that_is_held_twice_counts_once():
    with nengo.Network() as model:
        with nengo.Network() as inner:
            nengo.Ensemble(10, 1)
        with nengo.Network():
            nengo.Ensemble(10, 1)
    model.networks.append(inner)
    assert names(model) == ["ens0", "ens1"]


def test_attributes_of_networks_are_names():
    with nengo.Network() as model:
        model.sensor = nengo.Node([1.0])
        model.product = nengo.networks.Product(10, 1)
    assert {"sensor", "sq1_0", "sq2_0", "input_a"} <= set(names(model))


def test_connections_are_called_by_label_or_ends():
    with nengo.Network(seed=0) as model:
        x, a = nengo.Node(lambda t: t, label="x"), nengo.Ensemble(10, 1, label="a")
        nengo.Connection(x, a, label="drive")
        for _ in range(2):
            nengo.Connection(a, a)
    found = [connection.name for connection in from_nengo(model).connections]
    assert found == ["drive", "a_to_a", "a_to_a_2"]
