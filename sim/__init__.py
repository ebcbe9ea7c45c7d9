"""Reference, golden model, benches and compiled models of the RTL."""
