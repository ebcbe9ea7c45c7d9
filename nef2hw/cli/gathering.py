"""Several options of a command, handed to it as one value."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., Any]


def gathered(name: str, make: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command ``name``, which ``make`` returns of the options it has as parameters.

    Stands below the decorators of these options.
    """
    taken = tuple(inspect.signature(make).parameters)

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_value(**arguments: Any) -> Any:
            value = make(**{option: arguments.pop(option) for option in taken})
            return command(**{name: value}, **arguments)

        return with_value

    return decorate
