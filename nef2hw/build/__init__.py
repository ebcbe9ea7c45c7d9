"""From a program to a placed and routed bitstream, and the folder that keeps it."""
