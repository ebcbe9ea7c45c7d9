"""The page of a report."""

import re
from xml.etree import ElementTree

from nef2hw.build.html import render
from nef2hw.build.page.drawing import HEIGHT, WIDTH, draw_network
from nef2hw.build.page.elements import bars, table
from nef2hw.build.pictures.pictures import Picture
from nef2hw.build.summary import summary

EFFECT = {"decoded_rmse": {"output": 0.01}, "error": 0.005, "spikes": 0.001, "accuracy": 0.96}

REPORT = {
    "model": {"name": "<digits>"},
    "semantics": {"assumed": ["dt is <given>"]},
    "board": {"title": "ULX3S 85F", "device": "LFE5U-85F"},
    "bitstream": "top.bit",
    "clock_mhz": {"asked": 25.0, "reached": 61.25},
    "lanes": 32,
    "critical_path": {
        "from_part": "membranes (core.neurons.membrane)",
        "to_part": "dividers (core.neurons.membrane.divider)",
        "logic_ns": 4.25,
        "routing_ns": 6.0,
    },
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
    "attribution": {
        "sources": [
            {"kind": "weights", "place": "connections/c", **EFFECT},
            {"kind": "bias", "place": "ensembles/e", **EFFECT, "error": 0.0},
        ],
        "together": EFFECT,
        "other_start": {**EFFECT, "error": 0.02},
    },
    "rates": {
        "e": {"neurons": 128, "silent": 3, "saturated": 1, "mean_hz": 45.6, "max_hz": 200.0},
    },
    "saturations": {"inputs": {"x": 0}, "currents": {"e": 1200}},
    "precision": {
        "weight_bits": 5,
        "input_bits": 6,
        "voltage_bits": 14,
        "search": {"budget": {"accuracy": 0.01}},
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
    assert found["slowest path"] == (
        "membranes (core.neurons.membrane) -> dividers (core.neurons.membrane.divider), "
        "10.2 ns, 6.0 of them routing"
    )
    assert found["steps per second"] == "250,000 typically, 250 times real time"
    assert found["synaptic operations"] == (
        "1,280 in a typical step, 40% of what the lanes could add"
    )
    assert found["accuracy"] == "96.50% on the core, 97.00% in float"


def test_a_build_without_bitstream_and_simulation_has_a_summary_too():
    bare = {**REPORT, "bitstream": None, "critical_path": None}
    bare["cycles_per_step"] = {**REPORT["cycles_per_step"], "simulated": None}
    bare["clock_mhz"] = {"asked": 25.0, "reached": None}
    found = summary(bare)
    assert found["bitstream"] == "none"
    assert found["clock"] == "25 MHz, not placed"
    assert found["cycles per step"] == "95 typically, 10 when silent, 300 at most"
    assert not {"cycles simulated", "slowest path", "missing"} & found.keys()
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


def test_the_summary_says_where_the_accuracy_went():
    found = summary(REPORT)
    assert found["error by source"] == "weights of connections/c 0.50%"
    assert found["for comparison"] == (
        "0.50% by all sources together, 2.00% by other initial voltages alone"
    )
    assert found["saturated"] == "1,200 currents of e"
    assert found["neurons of e"] == "3 of 128 silent, 1 saturated, 45.6 Hz on average"
    assert found["widths"] == (
        "weights 5, inputs 6, voltage 14 bits after the point; chosen to keep accuracy=0.01"
    )


def test_of_many_ensembles_the_worst_are_named():
    rates = {
        f"e{k}": {"neurons": 10, "silent": k, "saturated": 0, "mean_hz": 1.0, "max_hz": 2.0}
        for k in range(8)
    }
    counts = {f"e{k}": 10 * k for k in range(8)}
    found = summary(REPORT | {"rates": rates, "saturations": {"currents": counts}})
    assert found["saturated"] == (
        "70 currents of e7, 60 currents of e6, 50 currents of e5, 100 in 4 other places"
    )
    assert [name for name in found if name.startswith("neurons of")] == [
        *(f"neurons of e{k}" for k in range(2, 8)),
        "neurons of 2 others",
    ]
    assert found["neurons of 2 others"] == "1 of 20 silent"


def test_sources_have_bars_and_those_without_effect_none():
    page = render(REPORT)
    assert "weights of connections/c" in page
    assert "bias of ensembles/e" not in page
    assert "0.500%, 96.0% right" in page
    assert '<i style="width:25.0%">' in page


def test_a_report_of_an_older_version_has_a_page_too():
    new = ("attribution", "rates", "saturations", "precision")
    old = {key: value for key, value in REPORT.items() if key not in new}
    assert "Where the error comes from" not in render(old)
    assert "widths" not in summary(old)


def test_plots_are_shown_or_said_how_to_get():
    assert "pip install &#x27;nef2hw[plot]&#x27;" in render(REPORT)
    page = render(REPORT, [Picture("Spikes of <a>", "<svg/>")])
    assert "<figcaption>Spikes of &lt;a&gt;</figcaption><svg/>" in page
    assert "pip install" not in page


def test_targets_are_told_beside_the_error_against_float():
    fidelity = {**REPORT["fidelity"]}
    fidelity["target_rmse_float"], fidelity["target_rmse_golden"] = {"output": 0.5}, {"output": 0.6}
    page = render({**REPORT, "fidelity": fidelity})
    assert "RMSE to target, float" in page
    assert "<td>0.6</td>" in page


def test_a_bar_beyond_its_end_is_full_and_marked():
    assert '<i class=over style="width:100.0%">' in bars([("lut", 1.5, "3 of 2")])
    assert '<i style="width:50.0%">' in bars([("lut", 0.5, "1 of 2")])


SEMANTICS = {
    "inputs": {"x": {"kind": "value", "size": 2}},
    "ensembles": {
        "a<b>": {"neurons": 10, "neuron_type": "LIF"},
        "a_name_of_many_letters": {"neurons": 5, "neuron_type": "SpikingRectifiedLinear"},
    },
    "connections": {
        "in": {"pre": "x", "post": "a<b>", "synapse": "none", "delay": 0},
        "on": {"pre": "a<b>", "post": "a_name_of_many_letters.neurons", "synapse": "s", "delay": 1},
        "back": {"pre": "a_name_of_many_letters", "post": "a<b>", "synapse": "s", "delay": 1},
        "self": {"pre": "a<b>", "post": "a<b>", "synapse": "s", "delay": 1},
        "out": {"pre": "a<b>", "post": "probes/sum", "synapse": "s", "delay": 1},
    },
    "probes": {
        "p": {"target": "a<b>.neurons", "size": 1, "synapse": "s", "delay": 1},
        "sum": {"target": "connections", "size": 1},
    },
}


def test_the_first_sources_are_shown_and_the_others_folded():
    sources = [
        {"kind": "weights", "place": f"connections/c{k}", **EFFECT, "error": 0.012 - 0.001 * k}
        for k in range(12)
    ]
    given = {**REPORT["attribution"], "sources": sources, "samples": 3, "steps": 1200}
    page = render({**REPORT, "attribution": given})
    names = re.findall(r"<b>([^<]*)</b>", page.split("Where the error comes from")[1])
    assert names[:3] == [
        "all of them: what the chip computes",
        "for comparison: other initial voltages",
        "weights of connections/c0",
    ]
    assert "On 3 samples of 1,200 steps of the input. Each row" in page
    head, folded = page.split("<details><summary>2 smaller ones</summary>")
    assert "connections/c9" in head
    assert "connections/c10" not in head
    assert "connections/c10" in folded.split("</details>")[0]


def test_fidelity_tells_of_right_answers_and_how_spikes_are_counted():
    fidelity = {
        **REPORT["fidelity"],
        "stimulus": "noise",
        "steps": 45000,
        "spike_count_error": {"e": -0.01},
        "spike_count_deviation": {"e": 0.02},
    }
    page = render({**REPORT, "fidelity": fidelity})
    assert "On noise, 45,000 steps. Right answers: 97.00% in float, 96.50% in fixed point." in page
    assert "Spikes are counted over the whole input" in page
    assert "<td>-1.000%</td><td>2.000%</td><td>128</td>" in page


def test_terms_of_cycles_have_a_column_for_each_level():
    step = {
        "inputs": 47.6,
        "levels": [
            {"update": 69, "delivery": 8.8, "relays": 0.0},
            {"update": 1320, "delivery": 1, "relays": 3},
        ],
    }
    cycles = {**REPORT["cycles_per_step"], "terms": {"typical": step}}
    page = render({**REPORT, "cycles_per_step": cycles})
    assert "<th>inputs</th><th>level 0</th><th>level 1</th>" in page
    assert (
        "<td>48</td><td>update 69, delivery 9</td><td>update 1,320, delivery 1, relays 3</td>"
    ) in page


def test_resources_have_names_and_shares_and_say_whether_they_are_estimated():
    page = render(REPORT)
    assert "<b>look-up tables</b>" in page
    assert "5 of 10 (50%)" in page
    assert "Estimated" not in page
    usage = {"used": 0, "present": 0, "estimated": True}
    page = render({**REPORT, "resources": {"new_kind": usage}})
    assert "<b>new kind</b>" in page
    assert "0 of 0<" in page
    assert "Estimated: nothing was placed." in page


def test_columns_are_named_in_words_and_equal_limits_are_one_number():
    page = table({"probes/a_b": {"output_fraction": [5, 5]}, "c": {"output_fraction": [4, 5]}})
    assert "<th>output fraction</th>" in page
    assert "<th>probes/a_b</th><td>5</td>" in page
    assert "<td>4 … 5</td>" in page
    assert "<td>2 × 2</td>" in table({"c": {"shape": [2, 2]}})  # noqa: RUF001


def test_widths_of_the_core_are_named_in_words():
    assert "<th>weight bits</th><td>8</td>" in render({**REPORT, "formats": {"weight_bits": 8}})


def test_a_network_is_drawn_from_left_to_right():
    svg = ElementTree.fromstring(draw_network(SEMANTICS))
    places = {}
    for group in svg.iter("g"):
        box = group.find("rect")
        places[group.find("title").text] = int(box.get("x")), int(box.get("y"))
    columns = [places[name][0] for name in places]
    assert list(places)[:2] == ["x: value input, 2", "a<b>: 10 LIF"]
    assert columns == sorted(columns)
    assert len(set(places.values())) == len(places) == 5
    squeezed = [text.text for text in svg.iter("text") if text.get("textLength")]
    assert squeezed == ["5 SpikingRectifiedLinear"]
    assert places["p: probe, 1"][0] == places["sum: probe, 1"][0] == max(columns)
    titles = [path.find("title").text for path in svg.findall("path")]
    assert titles[0] == "in, synapse none, delay 0"
    assert len(titles) == 6
    assert "a_name_of_many…" in [text.text for text in svg.iter("text")]


MANY_WAYS = {
    "inputs": {"x": {"kind": "value", "size": 2}},
    "ensembles": {
        name: {"neurons": 10, "neuron_type": "LIF"} for name in ("a", "b", "beside", "below", "c")
    },
    "connections": {
        f"{pre}_{post}": {"pre": pre, "post": post, "synapse": "s", "delay": 1}
        for pre, post in (
            *(("x", "a"), ("a", "b"), ("a", "beside"), ("a", "below"), ("b", "c"), ("a", "a")),
            *(("a", "c"), ("x", "c"), ("x", "below"), ("b", "beside"), ("below", "b")),
            *(("b", "a"), ("c", "a"), ("c", "b"), ("below", "a"), ("c", "x")),
        )
    },
    "probes": {"p": {"target": "x", "size": 1, "synapse": "s", "delay": 1}},
}


def points_of(path):
    """Points along a path of lines and curves, each curve at a hundred places."""
    at, points = None, []
    for kind, numbers in re.findall(r"([MCH])([-\d ]+)", path):
        given = [int(number) for number in numbers.split()]
        if kind == "M":
            at = tuple(given)
            continue
        ends = (
            [(given[0], at[1])] * 3 if kind == "H" else list(zip(*[iter(given)] * 2, strict=True))
        )
        handles = [at, *([at, ends[0], ends[0]] if kind == "H" else ends)]
        for t in (k / 100 for k in range(101)):
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                tuple(
                    sum(s * h[axis] for s, h in zip(shares, handles, strict=True))
                    for axis in (0, 1)
                )
            )
        at = ends[-1]
    return points


def test_no_line_of_a_drawing_is_behind_a_box_or_outside():
    svg = ElementTree.fromstring(draw_network(MANY_WAYS))
    boxes = [(int(box.get("x")), int(box.get("y"))) for box in svg.iter("rect")]
    wide, high = int(svg.get("width")), int(svg.get("height"))
    lines = svg.findall("path")
    assert len(lines) == 17
    for line in lines:
        for x, y in points_of(line.get("d")):
            assert not [
                box for box in boxes if 0 < x - box[0] < WIDTH and 0 < y - box[1] < HEIGHT
            ], line.find("title").text
            assert 0 <= x <= wide, line.find("title").text
            assert 0 <= y <= high, line.find("title").text


def test_the_drawing_stands_on_the_page():
    page = render({**REPORT, "semantics": {**SEMANTICS, "assumed": []}})
    assert 'aria-label="the network"' in page
