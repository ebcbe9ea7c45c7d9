"""A picture of what goes on, while it goes on; needs matplotlib."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from nef2hw.errors import ToolError

#: Time between two looks at the picture, seconds.
REFRESH_S = 0.05


def new_figure(width_in: float, height_in: float) -> Any:
    """Return an empty figure of matplotlib.

    Raises
    ------
    ToolError
        Matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ToolError(
            "a plot needs matplotlib: pip install 'nef2hw[plot]', or go without the plot"
        ) from error
    return pyplot.figure(figsize=(width_in, height_in), layout="constrained")


def run_live(
    work: Callable[[], None],
    draw: Callable[[], None] | None,
    save: str | os.PathLike[str] | None = None,
    window: bool = True,
) -> None:
    """Do ``work`` in a thread of its own, so that drawing never delays it.

    Parameters
    ----------
    draw
        Brings the current figure up to date; None for no picture at all.
    save
        File that receives the picture in the end.
    window
        Show the picture all the while, and until the user closes it.
    """
    if draw is None:
        work()
        return
    from matplotlib import pyplot

    failures: list[BaseException] = []
    thread = threading.Thread(target=_noting(work, failures), name="board", daemon=True)
    thread.start()
    while thread.is_alive():
        if window:
            draw()
            pyplot.pause(REFRESH_S)
        thread.join(REFRESH_S)
    if failures:
        raise failures[0]
    draw()
    if save is not None:
        pyplot.gcf().savefig(save)
    if window:
        pyplot.show()
    pyplot.close()


def _noting(work: Callable[[], None], failures: list[BaseException]) -> Callable[[], None]:
    """Return ``work`` with its error kept for the thread that waits."""

    def noted() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    return noted
