"""The core's control, clock cycle by clock cycle, for the exact number of cycles of a step.

Which neurons spike and which input bits are set decides all that the core does
when, as long as nobody stalls it. The classes of this package hold what the
blocks of the RTL of the same names hold, without data, and advance with them.
"""
