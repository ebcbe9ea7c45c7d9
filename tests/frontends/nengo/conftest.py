"""These tests need Nengo, which warns of NumPy's future when it is imported."""

import warnings
from importlib.util import find_spec

collect_ignore_glob = ["test_*.py"]
if find_spec("nengo"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nengo  # noqa: F401
    collect_ignore_glob = []
