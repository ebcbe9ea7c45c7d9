"""A session without a board: the golden model answers."""

import numpy as np

from nef2hw.host.outputs import Outputs
from nef2hw.host.session import Session
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden_runs import GoldenRun


class GoldenSession(Session):
    """Gives what a session on a board gives, as far as the examples ask for it."""

    def __init__(self, program):
        super().__init__(_Nobody(program))
        self._run = GoldenRun(program.network)

    def advance(self, x=None, *, steps):
        self.set_input(x)
        rows = {n: np.repeat(v[np.newaxis], steps, axis=0) for n, v in self._values.items()}
        codes = encode_inputs(self._network, rows)
        record = self._run.run({name: row[:, np.newaxis] for name, row in codes.items()})
        (trace,) = record.traces(self._network)
        return Outputs(trace.spikes, trace.probes, np.zeros(steps, dtype=np.int64))

    def last(self, x=None, *, steps):
        outputs = self.advance(x, steps=steps)
        return Outputs(
            {name: rows[-1] for name, rows in outputs.spikes.items()},
            {name: rows[-1] for name, rows in outputs.probes.items()},
            outputs.cycles[-1],
        )


class _Nobody:
    def __init__(self, program):
        self.program = program
