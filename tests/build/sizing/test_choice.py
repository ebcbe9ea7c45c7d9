"""The core that is chosen, with budgets and targets, and what is said if there is none."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.boards.spec import FAMILY_NAMES
from nef2hw.build.resources import Usage
from nef2hw.build.shape import compile_for_board
from nef2hw.build.sizing.candidates import COMFORTABLE_LOGIC, NEAR_BEST, fastest
from nef2hw.build.sizing.choice import size_core
from nef2hw.build.sizing.demands import Demands, limits
from nef2hw.build.sizing.model import estimate
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError
from nef2hw.model.npz import load_model
from nef2hw.model.parse import parse_model

EXAMPLES = Path(__file__).parents[3] / "examples"
ULX3S, SMALL, ICE, NANO, ARTY, ANY = (
    find_board(name)
    for name in ("ulx3s", "ulx3s_12f", "icebreaker", "tang_nano_9k", "arty", "verilog")
)


def layer(n_post, n_pre):
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "layers/0/weights": np.ones((n_post, n_pre))}
    return quantize(fold(parse_model(arrays)))


@pytest.fixture(scope="module")
def digits():
    return quantize(fold(load_model(EXAMPLES / "digits" / "model.npz")))


@pytest.mark.parametrize("board", [ULX3S, SMALL, ICE, NANO, ARTY], ids=lambda board: board.name)
def test_the_chosen_core_fits_is_nearly_the_fastest_and_the_smallest_of_those(digits, board):
    sizing = size_core(digits, board)
    fitting = [c for c in sizing.candidates if not c.overflows and c.is_comfortable]
    wanted_hz = NEAR_BEST * max(c.rate_hz for c in fitting)
    near = [c for c in fitting if c.rate_hz >= wanted_hz]
    assert sizing.chosen in near
    quick = [c for c in near if c.config.sum_memory == "distributed"]
    assert sizing.chosen.logic == min(c.logic for c in quick or near)
    for name, usage in sizing.chosen.usage.items():
        assert usage.used <= sizing.chosen.allowed[name]


def test_every_shape_that_makes_a_core_of_its_own_is_weighed(digits):
    weighed = size_core(digits, ULX3S).candidates
    shapes = {(c.config.lanes, c.config.neuron_lanes) for c in weighed}
    assert {(1, 1), (8, 8), (128, 1), (128, 8)} <= shapes
    assert (4, 8) not in shapes
    assert len({c.config for c in weighed}) == len(weighed)


def test_ice40_gets_few_lanes_with_weights_in_single_port_ram(digits):
    config = size_core(digits, ICE).chosen.config
    assert (config.lanes, config.neuron_interval, config.weight_memory) == (4, 8, "huge")


def test_a_core_that_fills_a_device_is_taken_only_if_it_is_wanted(digits):
    present = ICE.capacity.lut
    assert size_core(digits, ICE).chosen.logic < 0.9 * present
    assert size_core(digits, ICE, Demands(lanes=8)).chosen.logic > 0.9 * present


def test_lanes_are_no_wider_than_the_widest_population():
    weighed = size_core(layer(12, 3), ULX3S).candidates
    assert max(c.config.lanes for c in weighed) == 16


def test_a_small_network_gets_few_lanes():
    assert size_core(layer(12, 3), ULX3S).chosen.config.lanes <= 16


@pytest.mark.parametrize(("board", "room"), [(ULX3S, 256), (ARTY, 256), (ICE, 0), (NANO, 0)])
def test_only_devices_with_room_keep_sums_of_results(digits, board, room):
    assert compile_for_board([(None, digits)], board)[1].config.total_words == room


def test_a_small_gowin_device_gets_a_small_core_without_distributed_ram(digits):
    config = size_core(digits, NANO).chosen.config
    assert config.lanes <= 16
    assert (config.sum_memory, config.weight_memory) == ("block", "block")


def test_nothing_is_limited_where_the_device_is_the_users_own(digits):
    assert compile_for_board([(None, digits)], ANY, Demands(lanes=128))[1].config.lanes == 128
    sizing = size_core(digits, ANY)
    assert not any(c.overflows for c in sizing.candidates)
    assert sizing.chosen.logic <= COMFORTABLE_LOGIC
    assert sizing.chosen.usage["lut"].used == estimate(sizing.chosen.config, "ecp5")["lut"]


def test_a_budget_is_kept_on_a_device_of_the_users_own(digits):
    chosen = size_core(digits, ANY, Demands(max_luts=7_000)).chosen
    assert chosen.usage["lut"].used <= 7_000


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_core_for_every_family_is_estimated(digits, family):
    config = size_core(digits, ANY, Demands(lanes=4)).chosen.config
    assert estimate(config, family)["lut"] > 1_000


def test_the_clock_is_the_boards_own_for_its_core(digits):
    assert size_core(digits, ARTY).chosen.clock_hz == 50e6
    assert size_core(digits, ULX3S).chosen.clock_hz == 50e6


def test_a_core_beyond_comfort_is_taken_only_if_there_is_no_other(digits):
    weighed = list(size_core(digits, ULX3S, clock_hz=1e5).candidates)
    giants = [c for c in weighed if c.logic > COMFORTABLE_LOGIC]
    assert giants
    assert fastest(weighed).logic <= COMFORTABLE_LOGIC
    assert fastest(giants) in giants


def test_sums_in_block_ram_are_no_way_to_comfort(digits):
    sizing = size_core(digits, ULX3S)
    chosen = sizing.chosen
    assert chosen.config.sum_memory == "distributed"
    comfortable = [c for c in sizing.candidates if c.is_comfortable and not c.overflows]
    smaller = [c for c in comfortable if c.rate_hz >= chosen.rate_hz and c.logic < chosen.logic]
    assert {c.config.sum_memory for c in smaller} == {"block"}


def test_of_an_ecp5_a_larger_part_than_half_is_no_comfort(digits):
    board = find_board("ulx3s_25f")
    sizing = size_core(digits, board)
    assert sizing.chosen.logic <= board.capacity.lut / 2
    larger = [c for c in sizing.candidates if not c.overflows and c.logic > board.capacity.lut / 2]
    assert max(c.rate_hz for c in larger) > sizing.chosen.rate_hz


def test_weights_in_nearly_all_block_rams_are_no_comfort(digits):
    chosen = size_core(digits, ULX3S).chosen
    assert chosen.config.weight_memory == "block"
    present = chosen.usage["block_rams"].present

    def filling(part, memory="block"):
        usage = {**chosen.usage, "block_rams": Usage(int(part * present), present)}
        return replace(chosen, usage=usage, shape=replace(chosen.shape, weight_memory=memory))

    assert filling(0.9).is_comfortable
    assert not filling(0.95).is_comfortable
    assert filling(1, "huge").is_comfortable


def test_a_target_gets_the_smallest_core_that_reaches_it(digits):
    slow, quick = (size_core(digits, ULX3S, Demands(target_rate_hz=r)) for r in (1e3, 2.5e5))
    for sizing, target in ((slow, 1e3), (quick, 2.5e5)):
        assert sizing.chosen.rate_hz >= target
        enough = [c for c in sizing.candidates if not c.overflows and c.rate_hz >= target]
        assert sizing.chosen.logic == min(c.logic for c in enough)
    assert slow.chosen.logic < quick.chosen.logic


def test_a_faster_clock_reaches_a_target_with_a_smaller_core(digits):
    demands = Demands(target_rate_hz=1e5)
    slow, quick = (size_core(digits, ULX3S, demands, clock_hz).chosen for clock_hz in (25e6, 50e6))
    assert quick.logic < slow.logic


@pytest.mark.parametrize(
    ("name", "demands"),
    [
        ("lut", Demands(max_luts=6_000)),
        ("block_rams", Demands(max_block_rams=14)),
        ("dsp", Demands(max_dsps=8)),
    ],
)
def test_a_budget_is_kept(digits, name, demands):
    free, chosen = size_core(digits, ULX3S).chosen, size_core(digits, ULX3S, demands).chosen
    assert chosen.usage[name].used <= demands.budgets[name] < free.usage[name].used


def test_lanes_that_the_user_names_are_kept(digits):
    demands = Demands(lanes=10, neuron_lanes=2)
    config = compile_for_board([(None, digits)], ULX3S, demands)[1].config
    assert (config.lanes, config.neuron_lanes) == (10, 2)


def test_neuron_lanes_that_the_lanes_cannot_have_are_refused(digits):
    with pytest.raises(CapacityError, match=r"neuron_lanes is 4; with 10 lanes it must be one of"):
        size_core(digits, ULX3S, Demands(lanes=10, neuron_lanes=4))


def test_neuron_lanes_alone_leave_the_lanes_free(digits):
    config = size_core(digits, ULX3S, Demands(neuron_lanes=4)).chosen.config
    assert config.neuron_lanes == 4
    assert config.lanes % 4 == 0


def test_the_next_smaller_core_has_clearly_less_logic_and_fits(digits):
    sizing = size_core(digits, ULX3S)
    logic = [sizing.chosen.logic]
    while (sizing := sizing.smaller()) is not None:
        assert not sizing.chosen.overflows
        logic.append(sizing.chosen.logic)
    assert len(logic) > 3
    assert all(after <= 0.95 * before for before, after in pairwise(logic))


def test_a_smaller_core_still_reaches_the_target(digits):
    sizing = size_core(digits, ULX3S, Demands(target_rate_hz=5e4))
    assert sizing.smaller() is None


def test_logic_is_left_some_room_and_nothing_else():
    allowed = limits(ICE, Demands())
    assert allowed["logic_cells"] == int(0.95 * 5280)
    assert allowed["block_rams"] == 30
    assert limits(ULX3S, Demands(max_luts=7))["lut"] == 7


def test_a_target_that_no_core_reaches_is_refused_with_the_best_and_a_cure(digits):
    with pytest.raises(
        CapacityError,
        match=r"icebreaker: no core that fits makes 50000 steps per second; the most are \d+, with "
        r"8 lanes and 1 neuron lanes; what would: --board tang_nano_20k",
    ):
        size_core(digits, ICE, Demands(target_rate_hz=5e4))


def test_a_target_that_a_faster_clock_reaches_names_the_clock(digits):
    most = max(c.rate_hz for c in size_core(digits, ICE).candidates if not c.overflows)
    with pytest.raises(CapacityError, match=r"what would: --clock 36\.\d or --board"):
        size_core(digits, ICE, Demands(target_rate_hz=1.5 * most))


def test_a_target_that_nothing_reaches_is_told_so(digits):
    with pytest.raises(CapacityError, match=r"what would: a smaller network"):
        size_core(digits, ULX3S, Demands(target_rate_hz=1e9))


def test_a_budget_that_is_too_small_is_told_with_one_that_is_not(digits):
    with pytest.raises(
        CapacityError,
        match=r"ulx3s_85f: no core fits; the nearest, with \d+ lanes, is estimated to need \d+ "
        r"look-up tables \(300 can be used\); what would: --max-luts \d+$",
    ):
        size_core(digits, ULX3S, Demands(max_luts=300))


def test_a_budget_of_several_resources_is_told_once(digits):
    with pytest.raises(CapacityError, match=r"what would: --max-luts \d+$") as refused:
        size_core(digits, ICE, Demands(max_luts=1))
    assert str(refused.value).count("can be used") > 1


def test_lanes_that_do_not_fit_are_told_with_some_that_do(digits):
    with pytest.raises(CapacityError, match=r"need .* block RAMs .*: other lanes, say --lanes 4"):
        size_core(digits, ICE, Demands(lanes=32))


def test_weights_that_are_too_many_are_told_with_the_bits_that_fit():
    network = layer(300, 700)
    with pytest.raises(
        CapacityError, match=r"icebreaker: no core fits.*what would: --weight-bits 4 or --board ulx"
    ):
        size_core(network, ICE)


def test_a_network_that_no_board_holds_is_told_so():
    with pytest.raises(CapacityError, match=r"block RAMs \(208 can be used\).*: a smaller network"):
        size_core(layer(2000, 1300), ULX3S)


def test_a_memory_that_a_family_has_not_is_refused(digits):
    config = replace(size_core(digits, ULX3S).chosen.config, weight_memory="huge")
    with pytest.raises(CapacityError, match=r"ecp5 has no huge memory for weights; choose another"):
        estimate(config, "ecp5")


def test_usage_tells_how_many_times_there_is_enough():
    assert Usage(30, 20).excess == 1.5
    assert Usage(3, 0).excess == 3


def test_few_weights_move_into_look_up_tables_where_block_ram_is_short():
    network = layer(12, 3)
    free = size_core(network, ULX3S, Demands(lanes=8)).chosen
    assert free.config.weight_memory == "block"
    budget = Demands(lanes=8, max_block_rams=free.usage["block_rams"].used - 1)
    tight = size_core(network, ULX3S, budget).chosen
    assert tight.config.weight_memory == "distributed"
    assert tight.logic > free.logic
    many = size_core(layer(100, 200), ULX3S).candidates
    assert {c.config.weight_memory for c in many} == {"block"}
