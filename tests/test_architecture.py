"""Imports point downwards, and every package is installed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).parent.parent

#: Folder of each package tree.
TREES = {"nef2hw": "nef2hw", "nef2hw.rtl": "rtl", "nef2hw.sim": "sim", "nef2hw.boards": "boards"}

#: Layer of each module, lowest first; a module may import its own layer and those below.
LAYERS = (
    ("nef2hw.errors", "nef2hw.version", "nef2hw.tool_list"),
    ("nef2hw.tools", "nef2hw.tool_processes", "nef2hw.archive"),
    ("nef2hw.program", "nef2hw.model"),
    ("nef2hw.trace", "nef2hw.stimulus"),
    ("nef2hw.compiler", "nef2hw.frontends"),
    ("nef2hw.rtl", "nef2hw.sim"),
    ("nef2hw.boards",),
    ("nef2hw.host", "nef2hw.build", "nef2hw.sim.compiled", "nef2hw.sim.benches"),
    ("nef2hw",),
    ("nef2hw.cli", "nef2hw.__main__"),
)

#: Pairs that must stay strangers although their layers would allow it.
STRANGERS = (
    ("nef2hw.sim.golden", "nef2hw.rtl"),
    ("nef2hw.sim.golden_banks", "nef2hw.rtl"),
    ("nef2hw.sim.golden_deliveries", "nef2hw.rtl"),
    ("nef2hw.sim.golden_groups", "nef2hw.rtl"),
    ("nef2hw.sim.golden_membranes", "nef2hw.rtl"),
    ("nef2hw.sim.golden_population", "nef2hw.rtl"),
    ("nef2hw.sim.golden_recording", "nef2hw.rtl"),
    ("nef2hw.sim.golden_runs", "nef2hw.rtl"),
    ("nef2hw.sim.golden_sums", "nef2hw.rtl"),
    ("nef2hw.sim.reference", "nef2hw.rtl"),
    ("nef2hw.sim.reference_links", "nef2hw.rtl"),
    ("nef2hw.sim.reference_neurons", "nef2hw.rtl"),
    ("nef2hw.rtl", "nef2hw.sim"),
    ("nef2hw.host", "nef2hw.rtl"),
    ("nef2hw.boards", "nef2hw.compiler"),
    ("nef2hw.frontends", "nef2hw.compiler"),
    ("nef2hw.compiler", "nef2hw.frontends"),
    ("nef2hw.program", "nef2hw.model"),
    ("nef2hw.model", "nef2hw.program"),
)


def modules() -> dict[str, Path]:
    """Return every module of the project and its file."""
    found = {}
    for package, folder in TREES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = list(path.relative_to(ROOT / folder).with_suffix("").parts)
            if package == "nef2hw" and parts[0] in {"rtl", "sim", "boards"}:
                continue
            if parts[-1] == "__init__":
                parts.pop()
            found[".".join([package, *parts])] = path
    return found


MODULES = modules()


def imports_of(path: Path) -> set[str]:
    """Return the modules of the project that ``path`` imports at its top level or in functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return {name for name in found if name.split(".")[0] == "nef2hw"}


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def layer_of(module: str) -> int:
    """Return the layer whose most specific entry holds ``module``."""
    entries = [
        (len(name), layer)
        for layer, names in enumerate(LAYERS)
        for name in names
        if is_within(module, name)
    ]
    return max(entries)[1]


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module):
    above = {name for name in imports_of(MODULES[module]) if layer_of(name) > layer_of(module)}
    assert not above, f"{module} imports {sorted(above)}, which stand above it"


@pytest.mark.parametrize(("one", "other"), STRANGERS)
def test_strangers_do_not_import_each_other(one, other):
    guilty = {
        module: sorted(name for name in imports_of(path) if is_within(name, other))
        for module, path in MODULES.items()
        if is_within(module, one)
    }
    assert not {module: names for module, names in guilty.items() if names}


def test_no_module_uses_a_relative_import():
    guilty = [
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not guilty


def test_every_package_is_listed_for_installation():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    present = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert set(settings["packages"]) == present


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for path in MODULES.values()}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
