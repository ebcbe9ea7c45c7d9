"""The core with ports of single signals, for designs that are not written in Amaranth."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryImage
from nef2hw.rtl.core import Core


class PlainCore(wiring.Component):
    """`Core`, its streams taken apart into valid, ready and one port for each field.

    Members
    -------
    bus_valid, bus_ready, bus_memory, bus_address, bus_write, bus_data
        Requests to the memories.
    read_valid, read_ready, read_data
        What was read.
    run_valid, run_ready, run_reset, run_changed
        Requests for a step; a bit of ``run_changed`` for each flag of the configuration.
    result_valid, result_ready, result_data, result_last
        What a step gives.
    """

    def __init__(self, config: CoreConfig, image: MemoryImage | None = None) -> None:
        self._core = Core(config, image)
        super().__init__(
            {
                **_stream("bus", In, {"memory": 4, "address": 24, "write": 1, "data": 32}),
                **_stream("read", Out, {"data": 32}),
                **_stream("run", In, {"reset": 1, "changed": config.flags}),
                **_stream("result", Out, {"data": 32, "last": 1}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.core = core = self._core
        m.d.comb += [
            core.bus.valid.eq(self.bus_valid),
            self.bus_ready.eq(core.bus.ready),
            core.bus.payload.memory.eq(self.bus_memory),
            core.bus.payload.address.eq(self.bus_address),
            core.bus.payload.write.eq(self.bus_write),
            core.bus.payload.data.eq(self.bus_data),
            self.read_valid.eq(core.bus_read.valid),
            core.bus_read.ready.eq(self.read_ready),
            self.read_data.eq(core.bus_read.payload),
            core.run.valid.eq(self.run_valid),
            self.run_ready.eq(core.run.ready),
            core.run.payload.reset.eq(self.run_reset),
            core.run.payload.changed.eq(self.run_changed),
            self.result_valid.eq(core.results.valid),
            core.results.ready.eq(self.result_ready),
            self.result_data.eq(core.results.payload.data),
            self.result_last.eq(core.results.payload.last),
        ]
        return m


def _stream(name, flow, fields):
    """Members of a stream: the valid and the fields flow one way, the ready flows the other."""
    against = Out if flow is In else In
    return {
        f"{name}_valid": flow(1),
        f"{name}_ready": against(1),
        **{f"{name}_{field}": flow(width) for field, width in fields.items()},
    }
