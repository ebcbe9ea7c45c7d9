"""Cores for 784-128-10 beside the published ones: cycles of a step, and cells without host link.

    python benchmarks/published.py [--shape LANES/NEURON_LANES]... [--unfiltered]

One input in ten spikes in each step. Cells are those of the core alone after synthesis, look-up
tables used as memory or carry chain among them; a published design is counted the same way, from
its own sources. Needs the extras ``toolchain`` and ``sim``; a core takes some minutes.
"""

from __future__ import annotations

from pathlib import Path

import click
from amaranth.back import rtlil
from cycles import layers, spikes_for
from resource_runs import synthesize

from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.compiler.quantize import quantize
from nef2hw.program.program import Program
from nef2hw.rtl.core import Core
from nef2hw.sim.compiled.core import simulate_rtl

FAMILIES = ("ecp5", "xilinx7")
SHAPES = ("32/1", "128/1", "128/2")
FOLDER = Path("build/benchmarks/published")
STEPS = 200


def program_for(shape: str, tau_s: float | None) -> Program:
    """Compile the network for a core of ``shape``."""
    lanes, neuron_lanes = map(int, shape.split("/"))
    wanted = CoreShape(lanes, neuron_lanes=neuron_lanes, distributed_words=32)
    return assemble(quantize(layers(tau_s)), wanted)


def cells_of(program: Program, family: str, folder: Path) -> dict[str, int]:
    """Synthesize the core of ``program`` alone."""
    text = rtlil.convert(Core(program.config), name="top", emit_src=False)
    return synthesize(text, family, folder / family)


@click.command()
@click.option("--shape", "shapes", multiple=True, default=SHAPES, show_default=True)
@click.option("--unfiltered", is_flag=True, help="Without lowpass: layers follow each other.")
def main(shapes: tuple[str, ...], unfiltered: bool) -> None:
    """Print a row for each core."""
    names = [f"{family} {name}" for family in FAMILIES for name in ("LUT", "FF", "BRAM", "DSP")]
    click.echo(f"{'lanes':8} {'cycles':>8} {' '.join(f'{name:>12}' for name in names)}")
    for shape in shapes:
        program = program_for(shape, None if unfiltered else 0.005)
        trace = simulate_rtl(program, spikes_for(STEPS), notify=lambda _: None)
        assert trace.cycles is not None
        row = []
        for family in FAMILIES:
            used = cells_of(program, family, FOLDER / shape.replace("/", "-"))
            row += [used.get(name, 0) for name in ("lut", "ff", "block_rams", "dsp")]
        click.echo(f"{shape:8} {trace.cycles.mean():8.1f} {' '.join(f'{n:12}' for n in row)}")


if __name__ == "__main__":
    main()
