"""A block of the RTL with one thing wrong, put in the place of the right one."""

import importlib
import inspect
import pkgutil
import types

import nef2hw.rtl


def mutate(monkeypatch, module_name, right, wrong):
    """Replace ``right`` by ``wrong`` in a module of ``nef2hw.rtl``, wherever it is used."""
    module = importlib.import_module(f"nef2hw.rtl.{module_name}")
    source = inspect.getsource(module)
    assert source.count(right) == 1, f"{module_name} holds {right!r} {source.count(right)} times"
    mutant = types.ModuleType(module.__name__)
    exec(compile(source.replace(right, wrong), module.__file__, "exec"), mutant.__dict__)
    for info in pkgutil.walk_packages(nef2hw.rtl.__path__, "nef2hw.rtl."):
        user = importlib.import_module(info.name)
        for name, value in list(vars(user).items()):
            if inspect.isclass(value) and value.__module__ == module.__name__:
                monkeypatch.setattr(user, name, getattr(mutant, name))
