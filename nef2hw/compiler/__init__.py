"""From a trained network to a program: fold, quantize, assemble."""
