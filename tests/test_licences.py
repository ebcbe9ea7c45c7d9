"""What is asked for has bounds and a licence that is listed; the GPL comes in by request alone."""

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.model.models import small_model
from tests.test_architecture import ROOT, tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [
    Requirement(text)
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for text in group
]
TABLES = (ROOT / "docs" / "licences.md").read_text().replace("| package |", "")
LISTED = dict(re.findall(r"^\| (\S+) \| [^|]+ \| ([^|]+) \|$", TABLES, re.MULTILINE))
GPL = re.compile(r"\bL?GPL|General Public License")

#: Licences under which a package may be used whatever becomes of the whole.
PERMISSIVE = re.compile(r"(0BSD|BSD|MIT|ISC|Apache|PSF|MPL|Zlib|CC0)\b")


def installed(name):
    """Return what an installed package says of itself, or None."""
    try:
        return metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None


def closure():
    """Return the names of all that is installed because something here asks for it."""
    found, left = set(), [requirement.name for requirement in REQUIREMENTS]
    while left:
        name = canonicalize_name(left.pop())
        if name in found or installed(name) is None:
            continue
        found.add(name)
        needs = map(Requirement, metadata.requires(name) or ())
        left += [n.name for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})]
    return found


def said_licence(package):
    """Return all that a package says of its licence, in short."""
    said = [package.get("License-Expression") or "", (package.get("License") or "")[:100]]
    return " ".join(said + [c for c in package.get_all("Classifier") or () if "License" in c])


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_requirement_has_a_lower_and_an_upper_bound(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == {">=", "<"}


def test_the_versions_that_are_tested_lie_within_the_bounds():
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(), re.M))
    for requirement in REQUIREMENTS:
        assert requirement.name in pinned
        assert requirement.specifier.contains(pinned[requirement.name], prereleases=True)


def test_every_requirement_is_listed_with_its_licence():
    direct = {canonicalize_name(requirement.name) for requirement in REQUIREMENTS}
    assert direct - LISTED.keys() == set()


def test_all_that_is_installed_for_them_is_listed():
    assert closure() - LISTED.keys() == set(), "say the licence in docs/licences.md"


@pytest.mark.parametrize("name", sorted(closure()))
def test_what_is_listed_agrees_with_what_a_package_says(name):
    said, listed = said_licence(installed(name)), LISTED[name]
    assert GPL.search(listed) or not GPL.search(said)
    families = set(PERMISSIVE.findall(said))
    assert not families or families & set(PERMISSIVE.findall(listed))


def test_nengo_alone_is_under_the_gpl():
    assert [name for name, licence in LISTED.items() if not PERMISSIVE.match(licence)] == ["nengo"]


def imported(path: Path) -> set[str]:
    """Return what a module imports, wherever in it."""
    tree = ast.parse(path.read_text())
    names = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    return names | {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


def test_nothing_but_its_front_end_imports_nengo():
    folder = ROOT / "nef2hw"
    users = [
        path.relative_to(folder)
        for path in folder.rglob("*.py")
        if any(name.partition(".")[0] == "nengo" for name in imported(path))
    ]
    assert users
    assert {path.parts[:2] for path in users} == {("frontends", "nengo")}


def test_commands_and_packages_work_without_nengo(tmp_path):
    """Nengo cannot be imported, and nothing of the command line or of importing tries to."""
    import numpy as np

    np.savez(tmp_path / "model.npz", **small_model())
    script = """
import sys
sys.modules["nengo"] = None
import nef2hw
from click.testing import CliRunner
from nef2hw.cli.main import main
for command in (["check"], ["simulate", "--steps", "2", "--input", sys.argv[2], "-o", sys.argv[3]]):
    done = CliRunner().invoke(main, [command[0], sys.argv[1], *command[1:]])
    assert done.exit_code == 0, done.output
assert not [name for name in sys.modules if name.startswith("nef2hw.frontends.nengo")]
"""
    np.save(tmp_path / "x.npy", np.zeros((2, 1)))
    paths = [str(tmp_path / name) for name in ("model.npz", "x.npy", "trace.npz")]
    subprocess.run([sys.executable, "-c", script, *paths], check=True, cwd=ROOT)
