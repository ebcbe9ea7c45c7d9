"""The page of a report."""

from nef2hw.build.html import render, summary

REPORT = {
    "model": {"name": "<digits>"},
    "semantics": {"assumed": ["dt is <given>"]},
    "board": {"title": "ULX3S 85F", "device": "LFE5U-85F"},
    "bitstream": "top.bit",
    "clock_mhz": {"asked": 25.0, "reached": 61.25},
    "lanes": 32,
    "cycles_per_step": {
        "min": 10,
        "typical": 95,
        "max": 300,
        "simulated": {"min": 11, "typical": 100, "max": 250, "steps": 200},
    },
    "speed": {
        "steps_per_second": 250e3,
        "real_time_factor": 250.0,
        "synaptic_operations_per_step": 1280.0,
        "synaptic_operations_per_second": 320e6,
        "lane_utilization": 0.4,
    },
    "fidelity": {
        "accuracy_float": 0.97,
        "accuracy_golden": 0.965,
        "decoded_rmse": {"output": 0.01},
        "decoded_range": {"output": 2.0},
    },
    "resources": {"lut": {"used": 5, "present": 10}, "dsp": {"used": 1, "present": 4}},
    "ensembles": {"e": {"size": 128, "voltage": {"bits": 19, "fraction": 17}}},
    "readouts": {},
    "connections": {"c": {"shape": [10, 128], "shifts": [1, 4], "leak_code": None}},
    "memories": {},
    "tools": {"yosys": "0.70"},
    "seconds": {"fold": 0.5},
}


def test_the_summary_has_the_figures_that_matter():
    found = summary(REPORT)
    assert found["clock"] == "25 MHz, 61.2 MHz possible"
    assert found["steps per second"] == "250,000 typically, 250 times real time"
    assert found["synaptic operations"] == (
        "1,280 in a typical step, 40% of what the lanes could add"
    )
    assert found["accuracy"] == "96.50% on the core, 97.00% in float"


def test_a_build_without_bitstream_and_simulation_has_a_summary_too():
    bare = {**REPORT, "bitstream": None}
    bare["cycles_per_step"] = {**REPORT["cycles_per_step"], "simulated": None}
    bare["clock_mhz"] = {"asked": 25.0, "reached": None}
    found = summary(bare)
    assert found["bitstream"] == "none"
    assert found["clock"] == "25 MHz, not placed"
    assert found["cycles per step"] == "95 typically, 10 when silent, 300 at most"
    assert "cycles simulated" not in found
    assert "missing" not in found
    assert summary({**bare, "missing": "no placer"})["missing"] == "no placer"


def test_the_page_needs_nothing_from_outside_and_escapes_names():
    page = render(REPORT)
    assert "&lt;digits&gt;" in page
    assert "dt is &lt;given&gt;" in page
    assert "<digits>" not in page
    assert "http" not in page
    assert "<script" not in page


def test_empty_sections_are_left_out_and_ranges_are_readable():
    page = render(REPORT)
    assert "Readouts" not in page
    assert "1 … 4" in page
    assert "bits 19, fraction 17" in page


def test_shapes_are_products_and_pairs_of_limits_are_ranges():
    page = render(REPORT)
    assert "<td>10 × 128</td>" in page  # noqa: RUF001
    assert "<td>1 … 4</td>" in page
