"""Front end for Keras and NengoDL: from files of weights to a TrainedNetwork."""

from nef2hw.frontends.keras.importer import import_keras

__all__ = ["import_keras"]
