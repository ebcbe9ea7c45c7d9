"""What a mutation is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A small fault in the source, and the tests that should notice it."""

    file: str  #: below the root of the repository
    right: str  #: what the source says, exactly once
    wrong: str
    tests: tuple[str, ...]  #: files or folders, the quickest first
