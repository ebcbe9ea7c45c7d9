"""Digits classified live: one short request and one short answer for each image.

    python examples/digits/live.py --port sim
    python examples/digits/live.py build/digits-icebreaker --port /dev/ttyUSB1

Images of the test set are shown to the network for 100 steps each, one after the other without a
reset; the class is the output that is greatest in the last step.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

import nef2hw
from nef2hw.errors import Nef2hwError
from nef2hw.live import new_figure, run_live

FOLDER = Path(__file__).parent
STEPS = 100
SHOWN = 30  #: results in the strip below


@dataclass
class Show:
    """The image on show, what the network made of it, and of those before."""

    image: Any = None  #: (64,)
    outputs: Any = None  #: (10,)
    label: int = 0
    guesses: list[tuple[int, int]] = field(default_factory=list)  #: class found and right one
    images_per_s: float = 0.0

    @property
    def accuracy(self) -> float:
        """Share of images classified right."""
        return float(np.mean([found == right for found, right in self.guesses] or [0.0]))


def classify(session: nef2hw.Session, images: Any, labels: Any, show: Show, hold_s: float) -> None:
    """Show all images to the network, each for ``hold_s`` at least."""
    started_s = time.monotonic()
    for image, label in zip(images, labels, strict=True):
        shown_s = time.monotonic()
        outputs = session.last(image, steps=STEPS).probes["output"]
        show.image, show.outputs, show.label = image, outputs, int(label)
        show.guesses.append((int(np.argmax(outputs)), int(label)))
        show.images_per_s = len(show.guesses) / (time.monotonic() - started_s)
        time.sleep(max(0.0, hold_s - (time.monotonic() - shown_s)))


def picture(show: Show) -> Callable[[], None]:
    """Lay out the figure; return what brings it up to date."""
    figure = new_figure(8, 5)
    axes = figure.subplot_mosaic([["image", "bars"], ["strip", "strip"]], height_ratios=[3, 1])
    pixels = axes["image"].imshow(np.zeros((8, 8)), cmap="gray_r", vmin=0, vmax=1)
    axes["image"].set(xticks=[], yticks=[])
    bars = axes["bars"].bar(range(10), np.zeros(10), color="0.6")
    axes["bars"].set(xticks=range(10), xlabel="class", ylabel="output")
    axes["strip"].set(xlim=(-0.5, SHOWN - 0.5), ylim=(0, 1), xticks=[], yticks=[])
    texts = [axes["strip"].text(k, 0.5, "", ha="center", va="center") for k in range(SHOWN)]

    def draw() -> None:
        if show.outputs is None:
            return
        found = int(np.argmax(show.outputs))
        color = "C2" if found == show.label else "C3"
        pixels.set_data(np.reshape(show.image, (8, 8)))
        axes["image"].set_title(f"found {found}, is {show.label}", color=color)
        for k, bar in enumerate(bars):
            bar.set_height(show.outputs[k])
            bar.set_color(color if k == found else "0.6")
        axes["bars"].set_ylim(
            min(0.0, show.outputs.min()) - 0.1, max(1.0, show.outputs.max()) + 0.1
        )
        for text, (guess, right) in zip(texts, show.guesses[-SHOWN:], strict=False):
            text.set(text=str(guess), color="C2" if guess == right else "C3")
        axes["strip"].set_title(
            f"{len(show.guesses)} images, {show.accuracy:.1%} right, {show.images_per_s:.1f} per s"
        )

    return draw


@click.command()
@click.argument("build", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--port", required=True, help="Serial port of the board, or 'sim'.")
@click.option("--images", default=30, show_default=True, help="Number of images.")
@click.option(
    "--hold", default=0.5, show_default=True, help="Seconds to show each one in a window."
)
@click.option("--plot/--no-plot", default=True, help="Show what goes on in a window.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the picture to this file.")
def main(
    build: Path | None, port: str, images: int, hold: float, plot: bool, save: Path | None
) -> None:
    """Classify images of the test set."""
    network = build or nef2hw.compile(nef2hw.load(FOLDER / "model.npz"), board="icebreaker")
    pixels = np.load(FOLDER / "test_inputs.npz")["x"][:images]
    labels = np.load(FOLDER / "test_labels.npy")[:images]
    show = Show()
    draw = picture(show) if plot or save else None
    with nef2hw.connect(network, port, notify=lambda told: click.echo(told, err=True)) as session:
        run_live(
            lambda: classify(session, pixels, labels, show, hold if plot else 0.0),
            draw,
            save,
            plot,
        )
    click.echo(f"{len(labels)} images, {show.accuracy:.1%} right, {show.images_per_s:.1f} per s")


if __name__ == "__main__":
    try:
        main()
    except Nef2hwError as problem:
        sys.exit(f"{problem}")
