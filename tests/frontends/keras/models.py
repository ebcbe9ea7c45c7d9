"""Descriptions of Keras models, and arrays for them."""

from pathlib import Path

import numpy as np

from nef2hw.frontends.keras.config import chain_of
from nef2hw.frontends.keras.contents import Contents, LayerArrays
from nef2hw.frontends.keras.model import plan_of_model

VECTORS = Path(__file__).parents[2] / "vectors" / "nengo_dl"
RNG = np.random.default_rng(3)


def sequential(*layers, **settings):
    entries = [{"class_name": kind, "config": {"name": name, **s}} for kind, name, s in layers]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": entries, **settings}}


def dense(name, units, **settings):
    return ("Dense", name, {"units": units, "activation": "linear", "use_bias": True, **settings})


def contents(**layers):
    """Arrays by layer, named as Keras 2 names them."""
    found = [
        LayerArrays(name, name, {f"{name}/{k}": array for k, array in enumerate(arrays)})
        for name, arrays in layers.items()
    ]
    return Contents(tuple(found), "layers")


def arrays(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


def plan(config, given):
    return plan_of_model(chain_of(config), given)
