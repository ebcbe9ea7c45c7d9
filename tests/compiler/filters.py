"""Filters of the second order, of every kind."""

from scipy.signal import cont2discrete, tf2ss

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import DiscreteFilter
from nef2hw.model.synapses import Alpha

DT_S = 0.001


def linear(numerator, denominator):
    A, B, C, D, _ = cont2discrete(tf2ss(numerator, denominator), DT_S)
    assert D.item() == 0
    return DiscreteFilter(
        tuple(map(tuple, A.tolist())), tuple(B[:, 0].tolist()), tuple(C[0].tolist())
    )


def alpha(tau_s):
    return discretize(Alpha(tau_s), DT_S)[0]


FILTERS = {
    "alpha, a step": alpha(0.001),
    "alpha, 5 ms": alpha(0.005),
    "alpha, 0.5 s": alpha(0.5),
    "two lowpasses": linear([1], [0.02 * 0.005, 0.025, 1]),
    "two lowpasses and a zero": linear([0.03, 1], [0.1 * 0.005, 0.105, 1]),
    "ringing": linear([1], [0.0001, 0.004, 1]),
    "ringing long": linear([1], [0.001, 0.002, 1]),
    "bandpass": linear([0.01, 0], [0.0001, 0.004, 1]),
    "slow ringing": linear([1], [0.25, 0.2, 1]),
    "one pole at zero": DiscreteFilter(((0.0, 0.0), (0.5, 0.9)), (1.0, 0.0), (0.2, 1.0)),
    "poles of either sign": DiscreteFilter(((-0.5, 0.0), (1.0, 0.8)), (1.0, 0.0), (0.0, 1.0)),
    "only the first stage": DiscreteFilter(((0.8, 0.0), (0.0, 0.9)), (1.0, 0.0), (1.0, 0.0)),
    "rotation seen at its input": DiscreteFilter(((0.9, -0.2), (0.2, 0.9)), (1.0, 0.0), (1.0, 0.0)),
    "a step late": DiscreteFilter(((0.9, 0.0), (0.1, 0.8)), (1.0, 0.0), (0.0, 1.0)),
}
