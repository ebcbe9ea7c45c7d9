"""Filling the memories of a core that is placed already: no synthesis, no placement."""
