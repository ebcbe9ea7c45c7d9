"""Programs as files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nef2hw.archive import read_npz, write_npz
from nef2hw.errors import CapacityError, ProgramError
from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import (
    DIGEST_BYTES,
    IMAGE_MEMORIES,
    STATE_MEMORIES,
    BeatArray,
    MemoryId,
    MemoryImage,
    MemoryShape,
    beats_to_words,
    words_to_beats,
)
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.program.records import Arrays, from_record, to_record

FORMAT = "nef2hw-program-1"


def save_program(program: Program, path: str | os.PathLike[str]) -> None:
    """Write ``program`` to an ``.npz`` file, whole or not at all."""
    arrays: Arrays = {"format": np.array(FORMAT)}
    config = to_record(program.config, "config", arrays)
    network = to_record(program.network, "network", arrays)
    arrays["config"] = np.array(json.dumps(config))
    arrays["network"] = np.array(json.dumps(network))
    digests = [program.config.digest, program.image.digest, _network_digest(arrays)]
    arrays["digests"] = np.array(digests)
    for memory, beats in program.image.beats.items():
        arrays[f"image/{memory.name}"] = beats
    for memory, words in program.image.initial_state.items():
        arrays[f"state/{memory.name}"] = _state_rows(words, program.config.memories[memory])
    write_npz(path, arrays)


def load_program(path: str | os.PathLike[str]) -> Program:
    """Read a program that ``save_program`` wrote.

    An image may have fewer words than the memories of its core: a core that was made for other
    networks too, as a board's standard core is, has room to spare, and what no instruction reads
    is not loaded. That no word is lost is told by the digest of the image, which covers the number
    of words of every memory and all of their beats.

    Raises
    ------
    ProgramError
        If the file is not a program, or is damaged; names what is wrong in it.
    """
    arrays = read_npz(path, ProgramError)
    place = Path(path)
    if "format" not in arrays or str(arrays["format"]) != FORMAT:
        raise ProgramError(f"{place} is not a program of this version, expected format {FORMAT}")
    try:
        config = from_record(CoreConfig, _json(arrays, "config"), "config", arrays)
        network = from_record(QuantizedNetwork, _json(arrays, "network"), "network", arrays)
        image = MemoryImage(_beats(arrays, config), _initial_state(arrays, config))
    except (ProgramError, CapacityError) as problem:
        raise ProgramError(f"{place}: {problem}; compile the model again") from problem
    digests = arrays.get("digests", np.array(""))
    if [config.digest, image.digest, _network_digest(arrays)] != digests.ravel().tolist():
        raise ProgramError(f"{place} is damaged: its digests do not match; compile the model again")
    return Program(config, image, network)


def _network_digest(arrays: Mapping[str, Any]) -> str:
    """Digest of everything that says what the network is."""
    digest = hashlib.sha256()
    for key in sorted(key for key in arrays if key.split("/")[0] == "network"):
        array = arrays[key]
        digest.update(f"{key} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[: 2 * DIGEST_BYTES]


def _json(arrays: Mapping[str, Any], key: str) -> Any:
    if key not in arrays:
        raise ProgramError(f"{key} is missing")
    try:
        return json.loads(str(arrays[key]))
    except (ValueError, RecursionError) as problem:
        raise ProgramError(f"{key} is not JSON ({problem})") from problem


def _beats(arrays: Mapping[str, Any], config: CoreConfig) -> dict[MemoryId, Any]:
    beats = {}
    for memory in IMAGE_MEMORIES:
        key, shape = f"image/{memory.name}", config.memories[memory]
        array = arrays.get(key)
        if array is None or not _fits(array, shape):
            raise ProgramError(f"{key} is not up to {shape.depth} words of {shape.beats} beats")
        beats[memory] = array
    return beats


def _fits(array: Any, shape: MemoryShape) -> bool:
    """Whether ``array`` holds words of a memory, (words, beats) of uint32; maybe not all."""
    is_table = array.dtype == np.uint32 and array.ndim == 2
    return bool(is_table and len(array) <= shape.depth and array.shape[1] == shape.beats)


def _state_rows(words: Sequence[tuple[int, int]], shape: MemoryShape) -> BeatArray:
    """Address and beats of each word, (words, 1 + beats)."""
    addresses = np.array([address for address, _ in words], dtype=np.uint32)
    beats = words_to_beats([word for _, word in words], shape)
    return np.concatenate([addresses[:, None], beats], axis=1)


def _initial_state(
    arrays: Mapping[str, Any], config: CoreConfig
) -> dict[MemoryId, tuple[tuple[int, int], ...]]:
    state = {}
    for memory in STATE_MEMORIES:
        rows, shape = arrays.get(f"state/{memory.name}"), config.memories[memory]
        if rows is None:
            continue
        if rows.dtype != np.uint32 or rows.ndim != 2 or rows.shape[1] != 1 + shape.beats:
            raise ProgramError(
                f"state/{memory.name} is not rows of an address and {shape.beats} beats"
            )
        state[memory] = tuple(zip(rows[:, 0].tolist(), beats_to_words(rows[:, 1:]), strict=True))
    return state
