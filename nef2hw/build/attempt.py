"""One try of placement: a seed, in a folder of its own, and one router after the other."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from nef2hw.build.families.family import REPORT, ROUTER, SEED, TOP, Flow
from nef2hw.build.nextpnr import PlacementReport, overflows, read_report
from nef2hw.build.progress import PlacementProgress
from nef2hw.build.resources import Usage
from nef2hw.build.routing import RoutingWatch
from nef2hw.build.stages import Stages
from nef2hw.build.synthesis import Command, Sources
from nef2hw.errors import CapacityError, ToolError, ToolTimeoutError

#: What nextpnr says when cells are too many for where they may be.
_TOO_DENSE = "Unable to find legal placement"


@dataclass(frozen=True)
class Job:
    """A design as the tools take it, and what runs them."""

    sources: Sources
    stages: Stages


def _trial(job: Job, seed: int) -> Path:
    """Folder in which one seed is tried, since several may be at once."""
    return job.stages.folder / f"seed-{seed}"


def routers_for(flow: Flow, resources: Mapping[str, Usage]) -> tuple[str, ...]:
    """Order routers: the one that others fall back on comes first where block RAMs are crowded."""
    return flow.routers[::-1] if resources["block_rams"].crowded else flow.routers


def place_with(job: Job, seed: int, routers: Sequence[str], stop: Event) -> PlacementReport:
    """Place and route with one seed; with the next router where a route comes to no end."""
    *others, last = routers
    for router in others:
        try:
            return _route_with(job, seed, router, stop)
        except ToolTimeoutError:
            if stop.is_set():
                raise
            job.stages.notify(f"seed {seed}: routing comes to no end, trying another router")
    return _route_with(job, seed, last, stop)


def _route_with(job: Job, seed: int, router: str, stop: Event) -> PlacementReport:
    """Place and route with one seed and router, in a folder of the seed's own."""
    stages, flow, folder = job.stages, job.sources.flow, _trial(job, seed)
    folder.mkdir(exist_ok=True)
    sources = [name for name in job.sources.files if not name.startswith("build_")]
    for name in (flow.netlist, *sources):
        shutil.copyfile(stages.folder / name, folder / name)
    progress, route = PlacementProgress(stages.notify, f"seed {seed}"), RoutingWatch()

    def watch(line: str) -> None:
        progress(line)
        route(line)

    def ended() -> bool:
        return stop.is_set() or route.lost

    trial = Stages(
        stages.board, folder, stages.notify, dict(stages.seconds), watch=watch, stop=ended
    )
    run_placer(trial, _command(job, seed, router), _made(job))
    stages.tools.update(trial.tools)
    return read_report(folder / REPORT)


def _command(job: Job, seed: int, router: str) -> Command:
    """Return what places and routes, with what was left open."""
    command: list[str] = []
    for part in job.sources.commands[1]:
        command += router.split() if part == ROUTER else [part.replace(SEED, str(seed))]
    return [part for part in command if part != "--quiet"]


def _made(job: Job) -> tuple[str, ...]:
    """Files that placement makes."""
    flow = job.sources.flow
    return tuple(dict.fromkeys((flow.routed, REPORT, flow.placed)))


def take(job: Job, seed: int) -> None:
    """Take over what was made with one seed, and forget the others."""
    folder, trial = job.stages.folder, _trial(job, seed)
    shutil.move(trial / "logs" / "place.log", folder / "logs" / "place.log")
    for name in (*_made(job), *(path.name for path in trial.glob("*.tim"))):
        shutil.move(trial / name, folder / name)
    for path in folder.glob("seed-*"):
        shutil.rmtree(path)


def run_placer(stages: Stages, command: Command, makes: Sequence[str]) -> None:
    """Place and route; tell a design that is too large from a tool that failed."""
    try:
        stages.run("place", command, makes, stages.patience_s)
    except ToolTimeoutError:
        raise
    except ToolError as error:
        log = stages.folder / f"{TOP}.tim"
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        over = overflows(said)
        if not over and _TOO_DENSE in said + str(error):
            raise CapacityError(
                f"{stages.board.name}: the design fits by number, but finds no place; "
                "try fewer --lanes"
            ) from error
        if not over:
            raise
        needs = ", ".join(f"{u.used} {name} (it has {u.present})" for name, u in over.items())
        raise CapacityError(
            f"{stages.board.name}: the design needs {needs}; try fewer --lanes"
        ) from error
