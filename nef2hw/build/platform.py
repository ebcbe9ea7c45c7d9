"""Loading the Amaranth platform of a board, made to fit the tools that are there today."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nef2hw.boards.spec import BoardSpec, Pinout, SerialPins
from nef2hw.build.families.registry import family_of
from nef2hw.errors import BoardError, ToolError


def load_platform(board: BoardSpec) -> Any:
    """Return a fresh Amaranth platform for ``board``; a platform serves one build.

    Raises
    ------
    BoardError
        The board's data make no platform.
    ToolError
        The installed amaranth-boards does not have it.
    """
    family = family_of(board)
    if isinstance(board.platform, Pinout):
        kind = _from_pinout(board, board.platform, _load(board, family.platform))
    else:
        kind = _load(board, board.platform)
    try:
        platform = family.adapt(kind)()
        if isinstance(board.uart, SerialPins):
            platform.add_resources([_serial(board.uart)])
    except (TypeError, ValueError, NameError, AttributeError) as error:
        raise BoardError(f"{board.name}: its data make no Amaranth platform: {error}") from error
    if board.clock is not None:
        platform.default_clk = board.clock
    _check(platform, board)
    return platform


def _check(platform: Any, board: BoardSpec) -> None:
    """Refuse a platform that has no such port, or another clock than the board's data say."""
    from amaranth.build import ResourceError

    name, number = uart_resource(board)
    try:
        platform.lookup(name, number)
        clock_hz = platform.default_clk_frequency
    except (ResourceError, AttributeError) as error:
        raise BoardError(
            f"{board.name}: its platform lacks serial port {name}#{number} or its clock ({error}); "
            "give uart as SerialPins, clock as the name of a resource"
        ) from error
    if clock_hz != board.clock_hz:
        raise BoardError(
            f"{board.name}: clock_hz is {board.clock_hz}, the clock of its platform {clock_hz:g}"
        )


def uart_resource(board: BoardSpec) -> tuple[str, int]:
    """Name and number of the board's serial port, by which its platform knows it."""
    return ("uart", 0) if isinstance(board.uart, SerialPins) else board.uart


def _load(board: BoardSpec, path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ToolError(
            f"{board.name}: platform {path} is missing from the installed "
            "amaranth-boards; pip install --upgrade amaranth-boards"
        ) from error


def _from_pinout(board: BoardSpec, pinout: Pinout, vendor: Any) -> Any:
    """Make a class of platforms with nothing but a clock."""
    from amaranth.build import Attrs, Clock, Pins, Resource

    clock = Resource(
        "clk",
        0,
        Pins(pinout.clock, dir="i"),
        Clock(board.clock_hz),
        *_attributes(Attrs, pinout.attributes),
    )
    # Gowin platforms call the device a part.
    fields = {"device": board.device, "part": board.device, **pinout.part}
    return type(
        f"{board.name}_platform",
        (vendor,),
        {**fields, "default_clk": "clk", "resources": [clock], "connectors": []},
    )


def _serial(pins: SerialPins) -> Any:
    from amaranth.build import Attrs, Pins, Resource, Subsignal

    return Resource(
        *("uart", 0),
        Subsignal("rx", Pins(pins.rx, dir="i", assert_width=1)),
        Subsignal("tx", Pins(pins.tx, dir="o", assert_width=1)),
        *_attributes(Attrs, pins.attributes),
    )


def _attributes(attrs: Any, values: Mapping[str, Any]) -> list[Any]:
    return [attrs(**values)] if values else []
