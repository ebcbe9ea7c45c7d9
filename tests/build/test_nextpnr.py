"""Reading nextpnr's report."""

import json

import pytest

from nef2hw.build.nextpnr import overflows, read_log, read_report
from nef2hw.build.resources import Usage
from nef2hw.errors import ToolError

HOP = {"delay": 1.5, "type": "routing", "from": {"cell": "a"}, "to": {"cell": "b"}}
REPORT = {
    "fmax": {
        "slow": {"achieved": 30.0, "constraint": 25.0},
        "tight": {"achieved": 99.0, "constraint": 100.0},
    },
    "utilization": {"DP16KD": {"used": 4, "available": 56}},
    "critical_paths": [
        {"from": "<async>", "to": "posedge tight", "path": []},
        {"from": "posedge tight", "to": "posedge tight", "path": [HOP]},
    ],
}


def write(folder, content):
    path = folder / "report.json"
    path.write_text(content)
    return path


def test_the_clock_furthest_below_what_was_asked_counts(tmp_path):
    timing = read_report(write(tmp_path, json.dumps(REPORT))).timing
    assert (timing.achieved_hz, timing.asked_hz, timing.met) == (99e6, 100e6, False)


def test_the_critical_path_runs_between_edges_of_that_clock(tmp_path):
    (hop,) = read_report(write(tmp_path, json.dumps(REPORT))).timing.critical_path
    assert (hop.kind, hop.delay_ns, hop.source, hop.sink) == ("routing", 1.5, "a", "b")


def test_cells_come_with_what_is_present(tmp_path):
    assert read_report(write(tmp_path, json.dumps(REPORT))).cells == {"DP16KD": Usage(4, 56)}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"fmax": {}}', '{"fmax": {"c": {}}}'])
def test_a_file_that_is_no_report_is_refused(tmp_path, content):
    with pytest.raises(ToolError, match=r"report\.json is not a report of nextpnr .*build again"):
        read_report(write(tmp_path, content))


def test_a_missing_report_is_refused(tmp_path):
    with pytest.raises(ToolError, match=r"absent\.json is not a report"):
        read_report(tmp_path / "absent.json")


def test_a_design_without_a_clock_is_refused(tmp_path):
    with pytest.raises(ToolError, match="names no clock"):
        read_report(write(tmp_path, '{"fmax": {}, "utilization": {}}'))


def test_a_log_tells_which_cells_overflow():
    log = """Info: Device utilisation:
Info: \t         ICESTORM_LC:    5551/   5280   105%
Info: \t        ICESTORM_RAM:      20/     30    66%
ERROR: Failed to expand region
"""
    assert overflows(log) == {"ICESTORM_LC": Usage(5551, 5280)}
    assert overflows("ERROR: out of memory") == {}


def test_a_log_tells_the_clocks_after_routing(tmp_path):
    log = write(
        tmp_path,
        """Info: Max frequency for clock 'clk': 71.00 MHz (PASS at 50.00 MHz)
Info: Max frequency for clock 'slow': 90.00 MHz (PASS at 10.00 MHz)
Info: Routing..
Warning: Max frequency for clock 'clk': 49.00 MHz (FAIL at 50.00 MHz)
""",
    )
    timing = read_log(log)
    assert (timing.achieved_hz, timing.asked_hz, timing.met) == (49e6, 50e6, False)


def test_a_log_without_a_clock_is_refused(tmp_path):
    with pytest.raises(ToolError, match="names no clock"):
        read_log(write(tmp_path, "Info: Routing..\n"))
