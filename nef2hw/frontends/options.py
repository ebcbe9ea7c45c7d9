"""What a user says where a file of another format does not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from nef2hw.errors import ModelError


@dataclass(frozen=True)
class ImportOptions:
    """Fields are named as the parameters of the front ends; None is not said."""

    dt: float | None = None
    discretization: str | None = None
    tau_rc_s: float | None = None
    tau_ref_s: float | None = None
    reset: str | None = None
    amplitude: float | None = None
    neuron_type: str | None = None
    gain: float | None = None
    neuron_bias: float | None = None
    readout: bool | None = None
    synapse: float | None = None
    scale_firing_rates: float | None = None
    if_time: str | None = None
    input_kind: str | None = None
    input_range: tuple[float, float] | None = None
    unroll: bool | None = None

    def for_format(self, title: str, parameters: frozenset[str]) -> dict[str, Any]:
        """Return what was said, as arguments of a front end with these ``parameters``.

        Raises
        ------
        ModelError
            If something was said that files of this kind have no use for.
        """
        said = {name: value for name, value in asdict(self).items() if value is not None}
        useless = [flag(name) for name in said if name not in parameters]
        if useless:
            allowed = ", ".join(sorted(map(flag, parameters))) or "no such option"
            raise ModelError(
                f"{' and '.join(useless)} cannot be used with {title}; expected {allowed}"
            )
        return said


def flag(name: str) -> str:
    """Name of a parameter on the command line: ``tau_ref_s`` is ``--tau-ref``."""
    return "--" + name.removesuffix("_s").replace("_", "-")
