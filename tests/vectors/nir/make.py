"""Export small networks with their own libraries to NIR, and record what these simulate.

Run in an environment with ``nir norse snntorch spikingjelly torch``, in this folder::

    python make.py

Each case is ``<name>.nir``, and in ``<name>.npz`` its input ``x`` (steps, size) and
``spikes/<node>`` (steps, n) or ``values/<node>`` of the nodes. All is computed in float64.
"""

from __future__ import annotations

from pathlib import Path

import nir
import norse.torch as norse
import numpy as np
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from spikingjelly.activation_based import functional, layer, neuron
from spikingjelly.activation_based.nir_exchange.to_nir import export_to_nir as export_jelly
from torch.nn import Linear, Sequential

HERE = Path(__file__).parent
STEPS = 120
SIZES = (6, 10, 4)
#: Written as ``nir`` does by default; the others take less room.
COMPRESSED = ("snntorch_zero",)


def inputs(seed: int) -> np.ndarray:
    """Return spikes, which all libraries take."""
    return (np.random.default_rng(seed).random((STEPS, SIZES[0])) < 0.4).astype(np.uint8)


def record(net, x, watched) -> dict[str, np.ndarray]:
    """Run a stateful torch network and return what ``watched`` modules give, by name."""
    found = {name: [] for name in watched}
    hooks = [
        module.register_forward_hook(
            lambda _, __, given, name=name: found[name].append(
                (given[0] if isinstance(given, tuple) else given).detach().numpy().ravel()
            )
        )
        for name, module in watched.items()
    ]
    with torch.no_grad():
        for row in x:
            net(torch.tensor(row, dtype=torch.float64)[None])
    for hook in hooks:
        hook.remove()
    return {f"spikes/{name}": np.array(rows).astype(np.uint8) for name, rows in found.items()}


def save(name: str, graph: nir.NIRGraph, x: np.ndarray, found: dict[str, np.ndarray]) -> None:
    """Write a case."""
    nir.write(HERE / f"{name}.nir", graph, compression="gzip" if name in COMPRESSED else None)
    np.savez_compressed(HERE / f"{name}.npz", x=x, **found)


def dense(n_in: int, n_out: int, bias: bool = True) -> Linear:
    """Return a layer whose neurons are driven strongly enough to spike."""
    made = Linear(n_in, n_out, bias=bias)
    torch.nn.init.normal_(made.weight, 0.2, 0.35)
    return made


def ones(size: int) -> torch.Tensor:
    return torch.ones(size)


def in_float64(net) -> None:
    """Let layers take spikes, which snnTorch makes in float32."""
    for module in net.modules():
        if isinstance(module, Linear):
            module.register_forward_pre_hook(lambda _, given: (given[0].double(),))


def lively(found: dict[str, np.ndarray]) -> bool:
    """Whether most neurons do something, and not always the same."""
    return all(np.mean(values.std(axis=0) > 0.1) > 0.7 for values in found.values())


def snntorch_case(name: str, first, second, seed: int) -> None:
    """Export and run two layers of snnTorch neurons; ``first`` and ``second`` make them."""
    torch.manual_seed(seed)
    net = Sequential(
        dense(SIZES[0], SIZES[1]),
        first(SIZES[1], init_hidden=True),
        dense(SIZES[1], SIZES[2], bias=False),
        second(SIZES[2], init_hidden=True, output=True),
    )
    in_float64(net)
    x = inputs(seed)
    middle = "1.lif" if isinstance(net[1], (snn.RLeaky, snn.RSynaptic)) else "1"
    found = record(net, x, {middle: net[1], "3": net[3]})
    if not lively(found):
        snntorch_case(name, first, second, seed + 100)
        return
    save(name, export_to_nir(net, torch.zeros(1, SIZES[0]), ignore_dims=[0]), x, found)


def leaky(threshold: float = 1.0, **options):
    return lambda size, **more: snn.Leaky(
        beta=0.9 * ones(size), threshold=threshold * ones(size), **options, **more
    )


def leaky_of_two_betas(size: int, **more):
    beta = torch.tensor([0.9, 0.75] * (size // 2))
    return snn.Leaky(beta=beta, threshold=ones(size), reset_mechanism="zero", **more)


def synaptic(**options):
    return lambda size, **more: snn.Synaptic(
        alpha=0.6 * ones(size), beta=0.8 * ones(size), threshold=2 * ones(size), **options, **more
    )


def recurrent(kind, **options):
    return lambda size, **more: kind(linear_features=size, **options, **more)


def norse_case(name: str, graph: nir.NIRGraph, last: str, seed: int, dt: float) -> None:
    """Run a graph in Norse; its exporter is not used, as it writes time constants times dt."""
    net = norse.from_nir(graph, dt=dt).double()
    state, found = None, []
    x = inputs(seed)
    with torch.no_grad():
        for row in x:
            given, state = net(torch.tensor(row, dtype=torch.float64)[None], state)
            found.append(given.numpy().ravel())
    assert lively({last: np.array(found)})
    save(name, graph, x, {f"values/{last}": np.array(found)})


def main() -> None:
    torch.set_default_dtype(torch.float64)
    late = {"reset_mechanism": "subtract"}
    now = {"reset_mechanism": "subtract", "reset_delay": False}
    zero = {"reset_mechanism": "zero", "reset_delay": False}
    snntorch_case("snntorch_zero", leaky(**zero), leaky(reset_mechanism="zero"), 1)
    # Above twice the threshold, snnTorch subtracts this one late after all.
    snntorch_case("snntorch_subtract", leaky(3.0, **now), leaky(2.0, **now), 2)
    snntorch_case("snntorch_subtract_late", leaky(**late), leaky(**late), 3)
    snntorch_case("snntorch_two_betas", leaky_of_two_betas, leaky_of_two_betas, 4)
    snntorch_case("snntorch_synaptic_zero", synaptic(**zero), synaptic(**zero), 5)
    snntorch_case("snntorch_synaptic_subtract_late", synaptic(**late), synaptic(**late), 6)
    rleaky = recurrent(snn.RLeaky, beta=0.9, threshold=2.0, **zero)
    snntorch_case("snntorch_recurrent_zero", rleaky, leaky(**zero), 7)
    rsynaptic = recurrent(snn.RSynaptic, alpha=0.6, beta=0.8, threshold=3.0, **late)
    snntorch_case("snntorch_recurrent_synaptic", rsynaptic, leaky(**late), 8)

    torch.manual_seed(9)
    jelly = Sequential(
        layer.Linear(SIZES[0], SIZES[1]),
        neuron.LIFNode(tau=5.0, v_threshold=0.25),
        layer.Linear(SIZES[1], SIZES[1], bias=False),
        neuron.IFNode(v_threshold=2.0, v_reset=-0.25),
        layer.Linear(SIZES[1], SIZES[2], bias=False),
        neuron.CUBALIFNode(c_decay=0.5, v_decay=0.8, v_threshold=6.0),
    )
    for k in (0, 2, 4):
        torch.nn.init.normal_(jelly[k].weight, 0.25, 0.4)
    graph = export_jelly(jelly, torch.zeros(1, SIZES[0]))
    functional.reset_net(jelly)
    names = {k: next(n for n in graph.nodes if n.strip("_") == k) for k in ("1", "3", "5")}
    x = inputs(9)
    watched = {names[k]: jelly[int(k)] for k in names}
    found = record(jelly, x, watched)
    assert lively(found), {name: values.sum(axis=0) for name, values in found.items()}
    save("spikingjelly", graph, x, found)

    random = np.random.default_rng(10)
    n, m, k = SIZES
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([n])),
            "fc1": nir.Affine(random.normal(0.1, 0.4, (m, n)), np.zeros(m)),
            "lif": nir.LIF(
                np.full(m, 0.01), np.ones(m), np.full(m, 0.05), np.full(m, 0.2), np.zeros(m)
            ),
            "fc2": nir.Affine(random.normal(0.0, 0.5, (k, m)), random.normal(0, 0.2, k)),
            "output": nir.Output(np.array([k])),
        },
        [("input", "fc1"), ("fc1", "lif"), ("lif", "fc2"), ("fc2", "output")],
    )
    norse_case("norse_lif", graph, "output", 10, 0.001)

    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([n])),
            "fc": nir.Affine(random.normal(0.4, 0.4, (m, n)), random.normal(0, 0.1, m)),
            "cuba": nir.CubaLIF(
                np.full(m, 0.004), np.full(m, 0.01), *(np.ones(m), np.zeros(m)), np.full(m, 0.2)
            ),
            # Norse gives a bias here one step later than snnTorch; without one, both do the same.
            "recurrent": nir.Affine(random.normal(0.0, 0.5, (m, m)), np.zeros(m)),
            "output": nir.Output(np.array([m])),
        },
        [
            ("input", "fc"),
            ("fc", "cuba"),
            ("cuba", "recurrent"),
            ("recurrent", "cuba"),
            ("cuba", "output"),
        ],
    )
    norse_case("norse_recurrent", graph, "output", 11, 0.001)


if __name__ == "__main__":
    main()
