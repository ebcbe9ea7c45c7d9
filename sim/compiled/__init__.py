"""Compiled models of the RTL: the core behind its streams, the board behind a serial port."""
