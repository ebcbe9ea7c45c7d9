"""Faults in the golden model."""

from tests.mutants.mutation import Mutation

TESTS = (
    "tests/sim/test_golden_lif.py",
    "tests/sim/test_golden_neurons.py",
    "tests/sim/test_golden_delivery.py",
    "tests/sim/test_golden_bounds.py",
    "tests/sim/test_golden_runs.py",
)

FAULTS = {
    "sim/golden.py": (
        ("spikes = voltage > one", "spikes = voltage >= one"),
        ("arrived - given if compartment.coupling.negative", "arrived + given if compartment.held"),
        ("0 if compartment.held else formats.guard_bits", "formats.guard_bits"),
        (
            "return round_shift(filtered << formats.align_bits, compartment.shift_code)",
            "return filtered << formats.align_bits >> compartment.shift_code",
        ),
        ("return filtered - round_shift(filtered", "return filtered + round_shift(filtered"),
        (
            "np.where(state.refractory == 0, neurons.decay_code, 0)",
            "np.where(state.refractory >= 0, neurons.decay_code, 0)",
        ),
        ("(2, 1), neurons.ratio_code", "(1, 2), neurons.ratio_code"),
        ("np.minimum(np.maximum(line, 0), neurons.decay_code)", "np.maximum(line, 0)"),
        ("formats.ratio_frac) - offset", "formats.ratio_frac) + offset"),
        (
            "(excess << decay_frac) // np.maximum(drive, 1), top",
            "(excess << decay_frac) // np.maximum(drive, 1), top - 1",
        ),
        ("top = (1 << FRACTION_BITS) - 1", "top = 1 << FRACTION_BITS"),
        ("voltage = state.voltage + np.maximum(current, 0)", "voltage = state.voltage + current"),
        (
            "overshoot_fraction(voltage - one, current - one",
            "overshoot_fraction(voltage - one, current",
        ),
        ("np.maximum(voltage, neurons.min_voltage_code))", "voltage)"),
        ("np.maximum(state.refractory - 1, 0))", "np.maximum(state.refractory - 2, 0))"),
        (
            "drive = state.arriving if compartment.delay == 0 else state.delivered",
            "drive = state.arriving if compartment.delay == 1 else state.delivered",
        ),
        (
            "state.delivered, state.arriving = state.arriving,",
            "state.delivered, state.arriving = state.delivered,",
        ),
        (
            "np.maximum(total, limits.low), limits.high",
            "np.maximum(total, limits.low + 1), limits.high",
        ),
        ("values[relay.first : relay.first + relay.size]", "values[: relay.size]"),
        ("before is None or not np.array_equal(before[0], values)", "before is None"),
        ("counts = spikes[active]", "counts = np.minimum(spikes[active], 1)"),
        (
            "np.minimum(voltage - one, formats.voltage.high) if neurons.subtract else 0",
            "voltage - one if neurons.subtract else 0",
        ),
    ),
    "sim/golden_membranes.py": (
        ("subtract(due, one_step, due)", "subtract(due, one_step - 1, due)"),
        ("[0]])", "[neurons.decay_code]])"),
        ("- 1) << FRACTION_BITS) + overshoot", ") << FRACTION_BITS) + overshoot"),
        ("add(excess, hold, excess)", "pass"),
        ("(1 << formats.decay_frac) >> 1", "((1 << formats.decay_frac) >> 1) - 1"),
        ("(self.due - 1) & (ONE_STEP - 1)", "self.due & (ONE_STEP - 1)"),
        ("begun[fired]", "begun[fired] - 1"),
        ("add(voltage, counts, voltage)", "add(voltage, current, voltage)"),
        ("np.minimum(excess, top, out=excess)", "pass"),
    ),
    "sim/golden_banks.py": (
        ("(whole >> 1) - 1", "whole >> 1"),
        ("(np.int64(1) << self._right) >> 1", "np.int64(1) << self._right >> 2"),
        ("self.drive[0] = late", "pass"),
        ("self._delay : self._delay + len(sums)", ": len(sums)"),
        ("self._bank.drive[step + self._delay,", "self._bank.drive[step,"),
        ("late = self.drive[-1]", "late = self.drive[0]"),
        ("formats.align_bits - np.hstack", "np.hstack"),
        (
            "self._align = Alignment(self._guard + self._rise)",
            "self._align = Alignment(self._rise)",
        ),
        ("self._members[coupling.partner][0]", "lanes"),
    ),
    "sim/golden_deliveries.py": (
        ("begins = [0, *ends[:-1]]", "begins = [0, *ends[:-2], 0]"),
        ("slice(begin, end))", "slice(0, end - begin))"),
    ),
    "sim/golden_sums.py": (("active = sent.nonzero()", "active = sent[1:].nonzero()"),),
    "sim/golden_population.py": (
        ("if not self._stepped:\n                self", "if self._stepped:\n                self"),
        ("[slots[k] for k in sorted(slots)]", "list(slots.values())"),
        (
            "rows[step] = getattr(self.membrane, name)",
            "rows[step - 1] = getattr(self.membrane, name)",
        ),
    ),
}

MUTATIONS = tuple(
    Mutation(file, right, wrong, TESTS)
    for file, faults in FAULTS.items()
    for right, wrong in faults
)
