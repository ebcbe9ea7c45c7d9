"""Placement for the Xilinx 7-series: by nextpnr and prjxray, or by Vivado."""
