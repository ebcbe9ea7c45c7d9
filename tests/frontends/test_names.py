import pytest

from nef2hw.frontends.names import unique_names


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["a", "b"], ("a", "b")),
        (["a", "a", "a"], ("a", "a_2", "a_3")),
        (["", "  "], ("x", "x_2")),
        (["my ens.out[0]", "../etc"], ("my_ens_out_0", "etc")),
        (["n" * 80, "n" * 80], ("n" * 64, "n" * 62 + "_2")),
        (["a_2", "a", "a"], ("a_2", "a", "a_3")),
    ],
)
def test_labels_become_different_names(labels, names):
    assert unique_names(labels, "x") == names
