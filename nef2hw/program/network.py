"""The integer network: what golden model and hardware compute, free of any layout."""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray

#: Width of leak, decay, overshoot and ratio codes: one multiplier port of every family.
FRACTION_BITS = 16


@dataclass(frozen=True)
class Formats:
    """Widths and binary points shared by all populations of a core."""

    weight_bits: int  #: signed
    accumulator_bits: int  #: signed; the sum of weights delivered to a neuron in one step
    filter_bits: int  #: signed; filtered synaptic state
    guard_bits: int  #: fractional bits of the filtered state below one weight unit
    leak_frac: int  #: of ``1 - exp(-dt/tau)`` of a synapse
    align_bits: int  #: left shift before the right shift of each slot
    shift_bits: int  #: width of a slot's right shift
    sum_bits: int  #: signed; the sum of all currents of a neuron, before saturation
    bias_bits: int  #: signed
    current_bits: int  #: signed; the current J after saturation
    voltage_bits: int  #: signed
    voltage_frac: int  #: of voltage, current and the biases of spiking populations
    decay_frac: int  #: of ``1 - exp(-dt/tau_rc)`` and of the overshoot fraction
    ratio_frac: int  #: of ``exp((tau_ref - k dt)/tau_rc)``
    offset_bits: int  #: signed; of the ratio minus one, in decay units
    refractory_bits: int  #: unsigned; the refractory counter
    count_bits: int = 1  #: unsigned; spikes of a neuron in one step
    relay_planes: int = 0  #: magnitude bits of the values that are relayed; 0 if there are none

    @property
    def current(self) -> FixedPoint:
        """Format of the saturated current."""
        return FixedPoint(self.current_bits, self.voltage_frac)

    @property
    def voltage(self) -> FixedPoint:
        """Format of the membrane voltage, threshold 1."""
        return FixedPoint(self.voltage_bits, self.voltage_frac)

    @property
    def decay(self) -> FixedPoint:
        """Format of decay and overshoot fractions."""
        return FixedPoint(FRACTION_BITS, self.decay_frac, signed=False)


@dataclass(frozen=True)
class InputPort:
    """An input; ``real = code * step``."""

    name: str
    size: int
    planes: int  #: magnitude bits; 1 for spikes
    spiking: bool
    low_code: CodeArray  #: (size,)
    high_code: CodeArray  #: (size,)
    step: FloatArray  #: (size,) real value of one unit

    @property
    def held(self) -> bool:
        """Whether the last value stays in force until it is replaced."""
        return not self.spiking


@dataclass(frozen=True)
class Relay:
    """Values of a population without neurons that others take in the same step.

    A code is a value's sum of currents as it is; no sum exceeds the planes of the core.
    """

    name: str
    population: str
    first: int  #: of its values in the population
    size: int


@dataclass(frozen=True)
class Projection:
    """Integer weights from one source into one compartment."""

    name: str  #: the model's connection
    pre: str  #: input, spiking population or relay
    weight_code: CodeArray  #: (n_pre, n_post)


@dataclass(frozen=True)
class Coupling:
    """What a compartment's state takes from another one of its population, in each step.

    The partner's state is that of this step if the partner stands before the
    compartment, else that of the step before.
    """

    partner: int  #: index of the compartment
    code: int  #: magnitude of the factor, in the units of leaks
    negative: bool


@dataclass(frozen=True)
class Compartment:
    """Connections into a population that share a synapse, a delay and a scale."""

    leak_code: int | None  #: None for an unfiltered compartment
    delay: int  #: steps from source to current, 0 or 1
    held: bool  #: fed by one value input or relay; its sum stays until that is delivered anew
    shift_code: CodeArray  #: (n,) right shift of each neuron's state, after ``align_bits``
    projections: tuple[Projection, ...]
    coupling: Coupling | None = None  #: second-order filters are pairs of compartments


@dataclass(frozen=True)
class NeuronCodes:
    """Constants of a spiking population."""

    decay_code: int  #: 1 - exp(-dt/tau_rc)
    ratio_code: tuple[int, int]  #: exp((tau_ref - k dt)/tau_rc) for k = m, m + 1
    offset_code: tuple[int, int]  #: the same less one, in decay units
    hold_steps: int  #: refractory counter after a spike, m + 1
    min_voltage_code: int
    integrate: bool = False  #: the voltage takes the whole current, without decay
    count: bool = False  #: currents below 0 count as 0, and each whole 1 in the voltage is a spike
    subtract: bool = False  #: a spike takes 1 from the voltage instead of all


@dataclass(frozen=True)
class Population:
    """A group of neurons (``neurons`` given), of linear readouts, or of values to relay."""

    name: str
    level: int  #: populations of level k + 1 wait for all of level k
    bias_code: CodeArray  #: (n,)
    output_frac: CodeArray  #: (n,) binary point of each neuron's summed current
    compartments: tuple[Compartment, ...]
    neurons: NeuronCodes | None = None
    voltage_init_code: CodeArray | None = None  #: (n,) for spiking populations
    overshoot_init_code: CodeArray | None = None  #: (n,)
    refractory_init_code: CodeArray | None = None  #: (n,)
    relayed: bool = False  #: the values are sources of the network, not results

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.bias_code)


@dataclass(frozen=True)
class Probe:
    """What the user reads: a readout's values, or spikes times ``scale``."""

    name: str
    population: str
    spiking: bool
    scale: float


@dataclass(frozen=True)
class QuantizedNetwork:
    """A network in integers.

    ``populations`` are in the order of update: by level, spiking ones first.
    """

    dt_s: float
    formats: Formats
    inputs: tuple[InputPort, ...]
    populations: tuple[Population, ...]
    probes: tuple[Probe, ...]
    relays: tuple[Relay, ...] = ()

    def population(self, name: str) -> Population:
        """Return the population called ``name``."""
        return next(p for p in self.populations if p.name == name)
