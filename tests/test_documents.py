"""The code in the documents runs, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from nef2hw.compiler.fold import fold
from nef2hw.model.npz import load_model

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCKS = [
    pytest.param(block, id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL))
    if "model.npz" in block
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_model_written_as_a_document_shows_can_be_folded(block, tmp_path, monkeypatch):
    for package in ("nengo", "nir"):
        if f"import {package}\n" in block:
            pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "document", "exec"), {})
    assert fold(load_model("model.npz")).populations


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_to_files(path):
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    local = [target for target in targets if not target.startswith("http")]
    assert [target for target in local if not (path.parent / target).exists()] == []
