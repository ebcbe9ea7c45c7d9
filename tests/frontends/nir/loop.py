"""NIR graphs stepped node by node, written apart from the front end to hold it against."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

Edge = tuple[str, str]


class Loop:
    """Steps a graph of objects of the package ``nir``, all in their own units.

    ``late`` are edges that bring what their source gave one step before. ``order`` are the names
    of all nodes, each after those that reach it within the step.
    """

    def __init__(
        self,
        graph,
        order: list[str],
        dt: float,
        euler: bool = False,
        late: Collection[Edge] = (),
        reset: str = "zero",
    ):
        self.graph, self.order, self.dt, self.euler = graph, order, dt, euler
        self.late, self.reset = late, reset
        self.state: dict[tuple[str, str], np.ndarray] = {}
        self.before = {name: np.zeros(1) for name in order}

    def run(self, values) -> dict[str, np.ndarray]:
        """Feed rows of ``values`` to the input; return what each node gives, (steps, n)."""
        given = {name: [] for name in self.order}
        for row in values:
            now: dict[str, np.ndarray] = {}
            for name in self.order:
                node = self.graph.nodes[name]
                if type(node).__name__ == "Input":
                    now[name] = np.asarray(row, float)
                else:
                    now[name] = self.step(name, node, self.incoming(name, now))
                given[name].append(now[name].ravel())
            self.before = now
        return {name: np.array(rows) for name, rows in given.items()}

    def incoming(self, name, now):
        total = 0.0
        for edge in set(self.graph.edges):
            if edge[1] == name:
                total = total + (self.before if edge in self.late else now)[edge[0]]
        return total

    def approach(self, tau):
        """Part of the way to its rest that a state goes in a step."""
        return self.dt / tau if self.euler else 1 - np.exp(-self.dt / tau)

    def follow(self, name, what, rest, tau, start):
        """Let a state go towards ``rest``."""
        old = self.state.get((name, what), start)
        self.state[name, what] = old + (rest - old) * self.approach(tau)
        return self.state[name, what]

    def step(self, name, node, x):
        return getattr(self, f"do_{type(node).__name__.lower()}")(name, node, x)

    def do_output(self, name, node, x):
        return x + np.zeros(1)

    def do_affine(self, name, node, x):
        return node.weight @ (np.ravel(x) + np.zeros(node.weight.shape[1])) + node.bias

    def do_linear(self, name, node, x):
        return node.weight @ (np.ravel(x) + np.zeros(node.weight.shape[1]))

    def do_scale(self, name, node, x):
        return node.scale * x

    def do_flatten(self, name, node, x):
        return np.ravel(x)

    def do_delay(self, name, node, x):
        old = self.state.get((name, "delay"), 0 * x)
        self.state[name, "delay"] = x
        return old if (node.delay > 0).all() else x

    def do_li(self, name, node, x):
        return self.follow(name, "v", node.v_leak + node.r * x, node.tau, node.v_leak)

    def do_cubali(self, name, node, x):
        current = self.follow(name, "i", node.w_in * x, node.tau_syn, 0.0)
        return self.follow(name, "v", node.v_leak + node.r * current, node.tau_mem, node.v_leak)

    def do_lif(self, name, node, x):
        self.follow(name, "v", node.v_leak + node.r * x, node.tau, node.v_leak)
        return self.fire(name, node)

    def do_cubalif(self, name, node, x):
        current = self.follow(name, "i", node.w_in * x, node.tau_syn, 0.0)
        self.follow(name, "v", node.v_leak + node.r * current, node.tau_mem, node.v_leak)
        return self.fire(name, node)

    def do_if(self, name, node, x):
        self.state[name, "v"] = self.state.get((name, "v"), node.v_reset) + self.dt * node.r * x
        return self.fire(name, node)

    def fire(self, name, node):
        v = self.state[name, "v"]
        spikes = v > node.v_threshold
        left = v - node.v_threshold + node.v_reset if self.reset == "subtract" else node.v_reset
        self.state[name, "v"] = np.where(spikes, left, v)
        return spikes.astype(float)
