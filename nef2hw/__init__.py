"""nef2hw compiles trained spiking neural networks to FPGA hardware, and proves the result."""
