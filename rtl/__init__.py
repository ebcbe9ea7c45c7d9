"""The Amaranth generator: a spiking core, its link and board top."""
