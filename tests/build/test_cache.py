"""Placed cores are kept, and damaged ones are noticed."""

import threading
from pathlib import Path

import pytest

from nef2hw.build.cache import CoreCache, core_cache


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    (folder / "logs").mkdir(parents=True)
    (folder / "top.config").write_text("routed\n" * 1000)
    (folder / "logs" / "place.log").write_text("placed")
    return folder


NAMES = ("top.config", "logs/place.log")


def messages_of(action):
    """Return the result of ``action(notify)`` and what it told."""
    told = []
    return action(told.append), told


def test_what_is_saved_is_loaded(made, tmp_path):
    cache = CoreCache(tmp_path / "cache")
    cache.save("key", made, NAMES, print)
    assert cache.load("key", tmp_path / "loaded", print)
    for name in NAMES:
        assert (tmp_path / "loaded" / name).read_bytes() == (made / name).read_bytes()
    assert [path.name for path in cache.folder.iterdir()] == ["key.core"]


def test_what_was_never_saved_is_not_loaded(tmp_path):
    found, told = messages_of(lambda n: CoreCache(tmp_path).load("key", tmp_path, n))
    assert (found, told) == (False, [])


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
        lambda raw: raw[:200] + bytes([raw[200] ^ 1]) + raw[201:],
        lambda raw: raw.replace(b"nef2hw-core-1", b"nef2hw-core-0"),
    ],
)
def test_an_entry_that_is_damaged_is_told_of_and_replaced(damage, made, tmp_path):
    cache = CoreCache(tmp_path / "cache")
    cache.save("key", made, NAMES, print)
    path = cache.folder / "key.core"
    path.write_bytes(damage(path.read_bytes()))
    found, told = messages_of(lambda n: cache.load("key", tmp_path / "loaded", n))
    assert not found
    assert not (tmp_path / "loaded").exists()
    assert told == [f"{path} is damaged; it is made anew"]
    cache.save("key", made, NAMES, print)
    assert cache.load("key", tmp_path / "loaded", print)


def test_several_may_save_and_load_the_same_at_once(made, tmp_path):
    cache, damaged = CoreCache(tmp_path / "cache"), []

    def work(number):
        for turn in range(20):
            cache.save("key", made, NAMES, damaged.append)
            assert cache.load("key", tmp_path / f"loaded-{number}-{turn}", damaged.append)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert damaged == []
    assert len(list(tmp_path.glob("loaded-*/top.config"))) == 80


def test_a_folder_that_cannot_be_written_stops_no_build(made, tmp_path):
    (tmp_path / "file").write_text("")
    told = []
    CoreCache(tmp_path / "file" / "cores").save("key", made, NAMES, told.append)
    assert told[0].startswith("the placed core is not kept: ")


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))
    assert core_cache().folder == Path(tmp_path) / "cores"
