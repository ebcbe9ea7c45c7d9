"""Writing objects to a file as the package ``nir`` does."""

import pytest

h5py = pytest.importorskip("h5py")


def write(path, given, version="1.0", spelled=str):
    """Write objects as the package does; texts are spelled by ``spelled``."""

    def put(group, one):
        group["type"] = spelled(type(one).__name__)
        for key, value in vars(one).items():
            if key in ("input_type", "output_type"):
                group["shape"] = next(iter(value.values()))
            elif key == "metadata":
                for name, number in value.items():
                    group[f"metadata/{name}"] = number
            else:
                group[key] = value

    with h5py.File(path, "w") as file:
        if version:
            file["version"] = version
        for name, one in given.nodes.items():
            put(file.create_group(f"node/nodes/{name}"), one)
        file["node/type"] = spelled("NIRGraph")
        file["node/edges"] = [[spelled(end) for end in edge] for edge in given.edges]
        for name, value in given.metadata.items():
            file[f"node/metadata/{name}"] = value
    return path
