"""The numbers that both ends of the link agree on (see ``docs/protocol.md``)."""

from enum import IntEnum, IntFlag

#: Version of the byte protocol, told by IDENTIFY.
PROTOCOL_VERSION = 2

#: Set in the status byte of a good answer, beside the command's number.
ANSWER_FLAG = 0x80

#: Status byte of an answer that carries an error code.
ERROR_STATUS = 0xFF

#: Bytes of the CRC-32 that ends every frame.
CRC_BYTES = 4

#: Fewest bytes of a request before its CRC: session, sequence number and command.
MIN_REQUEST_BYTES = 3


class Command(IntEnum):
    """What a request asks for."""

    IDENTIFY = 1
    WRITE = 2
    READ = 3
    RUN = 4
    SUM = 5


class ErrorCode(IntEnum):
    """Why a request was not acted on."""

    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    BAD_MEMORY = 3
    REPEATED = 4
    OTHER_SESSION = 5


class RunFlag(IntFlag):
    """Flags of RUN."""

    RESET = 1  #: clear the state instead
    LAST = 2  #: answer the last step only


class ResultKind(IntEnum):
    """What a result word holds, as SUM is told."""

    SPIKE = 0  #: 32 neurons, a bit each
    COUNT = 1  #: 4 neurons, 8 bits each
    READOUT = 2  #: a value
