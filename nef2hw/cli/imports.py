"""``nef2hw import``, and the options that say what a file leaves open."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nef2hw.cli.parameters import EXISTING_FILE, NEW_FILE, FiniteNumber, FiniteRange, check_other
from nef2hw.frontends.files import read_network
from nef2hw.frontends.options import ImportOptions

_SECONDS = FiniteRange(min=0)
_NUMBER = FiniteNumber()

_OPTIONS = (
    click.option("--dt", type=_SECONDS, metavar="S", help="Time step."),
    click.option(
        "--discretization",
        type=click.Choice(("exact", "euler")),
        help="Of the decay of membranes and synapses (NIR).",
    ),
    click.option(
        "--tau-rc", "tau_rc_s", type=_SECONDS, metavar="S", help="Membrane time constant."
    ),
    click.option("--tau-ref", "tau_ref_s", type=_SECONDS, metavar="S", help="Refractory time."),
    click.option(
        "--reset",
        type=click.Choice(("zero", "subtract", "subtract_late")),
        help="What a spike leaves of the voltage (NIR).",
    ),
    click.option(
        "--if-time",
        type=click.Choice(("second", "step")),
        help="What the r of an IF node counts in (NIR).",
    ),
    click.option("--amplitude", type=_NUMBER, help="Value of a spike times dt (Keras)."),
    click.option(
        "--neuron-type",
        type=click.Choice(("LIF", "SpikingRectifiedLinear")),
        help="Neurons of the layers (Keras).",
    ),
    click.option("--gain", type=_NUMBER, help="Of every neuron (Keras; NengoDL saves none)."),
    click.option(
        "--neuron-bias", type=_NUMBER, help="The neurons' own, beside the layers' (Keras)."
    ),
    click.option(
        "--readout/--no-readout",
        default=None,
        help="Whether the last layer has no neurons (Keras, where the file does not say).",
    ),
    click.option("--synapse", type=_SECONDS, metavar="S", help="Lowpass after each layer (Keras)."),
    click.option(
        "--scale-firing-rates",
        type=FiniteRange(min=0, min_open=True),
        metavar="FACTOR",
        help="More spikes of less amplitude (Keras).",
    ),
    click.option(
        "--input-kind",
        type=click.Choice(("value", "spike")),
        help="What the inputs carry (NIR).",
    ),
    click.option(
        "--input-range",
        type=(_NUMBER, _NUMBER),
        metavar="LOW HIGH",
        help="Declared range of the inputs; values outside it saturate.",
    ),
    click.option(
        "--unroll", is_flag=True, default=None, help="Unroll convolutions to dense weights (NIR)."
    ),
)


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to ``command``, which gets them as ``options``, an `ImportOptions`."""

    @functools.wraps(command)
    def with_options(**arguments: Any) -> Any:
        said = {name: arguments.pop(name) for name in ImportOptions.__dataclass_fields__}
        return command(options=ImportOptions(**said), **arguments)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


@click.command("import")
@click.argument("file", type=EXISTING_FILE)
@click.option("-o", "--output", "model_path", type=NEW_FILE, required=True, help="Model to write.")
@import_options
def import_(file: Path, model_path: Path, options: ImportOptions) -> None:
    """Turn FILE, a NIR graph or Keras weights, into a model file.

    What the file does not say and was assumed is printed, and kept in the model.

    \b
    Examples:
      nef2hw import network.nir --dt 0.0001 -o model.npz
      nef2hw import weights.h5 --amplitude 0.01 --synapse 0.005 -o model.npz
    """
    check_other(model_path, file)
    network = read_network(file, options)
    network.save(model_path)
    for note in network.notes:
        click.echo(note)
    click.echo(f"written to {model_path}")
