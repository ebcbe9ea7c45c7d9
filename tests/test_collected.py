"""Every file of tests is found: pytest leaves out some folders by their names."""

from fnmatch import fnmatch
from pathlib import Path

TESTS = Path(__file__).parent


def test_no_folder_of_tests_is_left_out(pytestconfig):
    left_out = pytestconfig.getini("norecursedirs")
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    names = {name for folder in folders for name in folder.parts}
    assert "build" in names
    assert not {name for name in names if any(fnmatch(name, pattern) for pattern in left_out)}
