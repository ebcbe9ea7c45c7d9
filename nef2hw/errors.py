"""The one family of errors that nef2hw raises for what a user can mend.

Each message names the place, the value found, the limit and the cure. The
command line turns any of these into one line of text and exit status 1.
"""


class Nef2hwError(Exception):
    """Base of every error that nef2hw raises on purpose."""


class ModelError(Nef2hwError):
    """A model file or network is malformed, out of range or not supported."""


class StimulusError(Nef2hwError):
    """Input data does not fit the model's inputs."""


class FormatError(Nef2hwError):
    """A number cannot be represented in the format it was given."""


class CapacityError(Nef2hwError):
    """A network does not fit the core or the board."""


class ProgramError(Nef2hwError):
    """A program or trace file is malformed or belongs to something else."""


class ToolError(Nef2hwError):
    """An external tool is missing, failed, or made nothing."""


class LinkError(Nef2hwError):
    """The board did not answer, or answered something else than was asked."""
