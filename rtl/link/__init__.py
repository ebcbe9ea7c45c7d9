"""The byte link of a board: UART, frames with CRC-32, command interpreter."""
