"""The numbers that both ends of the link agree on (see ``docs/protocol.md``)."""

from enum import IntEnum

#: Version of the byte protocol, told by IDENTIFY.
PROTOCOL_VERSION = 1

#: Set in the status byte of a good answer, beside the command's number.
ANSWER_FLAG = 0x80

#: Status byte of an answer that carries an error code.
ERROR_STATUS = 0xFF

#: Bytes of a configuration or image digest.
DIGEST_BYTES = 8

#: Bytes of the CRC-32 that ends every frame.
CRC_BYTES = 4

#: Most bytes of a request before its CRC; a length minus one fits one byte.
MAX_REQUEST_BYTES = 256

#: Fewest bytes of a request before its CRC: sequence number and command.
MIN_REQUEST_BYTES = 2


class Command(IntEnum):
    """What a request asks for."""

    IDENTIFY = 1
    WRITE = 2
    READ = 3
    RUN = 4


class ErrorCode(IntEnum):
    """Why a request was not acted on."""

    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    BAD_MEMORY = 3
    REPEATED = 4
