"""Plots of a report, by matplotlib where it is installed."""
