"""Making a clock other than the board's oscillator, one module per family."""
