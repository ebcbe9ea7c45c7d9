"""The documents as a site; the pages that are made; the tutorial's commands."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nef2hw.cli.main import main
from nef2hw.tools import has_tool

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_page_of_options_is_what_the_commands_print():
    made = runpy.run_path(str(DOCS / "make_options.py"))["page"]()
    assert (DOCS / "options.md").read_text() == made, "run python docs/make_options.py"


def test_every_document_is_on_the_site():
    listed = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md"))


def test_the_site_needs_no_network(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = re.compile(r"<(?:script|img|link)[^>]*(?:src|href)=\"(?:https?:)?//")
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 15
    assert not [page.name for page in pages if loaded.search(page.read_text())]
    assert "simulate_batch" in (tmp_path / "python.html").read_text()


def blocks(language):
    text = (DOCS / "tutorial.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.skipif(not has_tool("c++"), reason="needs a C++ compiler")
def test_the_commands_of_the_tutorial_do_what_it_says(tmp_path, monkeypatch):
    """All but the bitstream, for which there is no time, and the board that others simulate."""
    pytest.importorskip("nengo")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks("python")[0], "tutorial", "exec"), {})
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        words = line.split()
        assert words[0] == "nef2hw"
        bitstream = words[1] == "compile" and "--no-bitstream" not in words
        if bitstream or "--port" in words:
            words = [words[0], words[1], "--help"]
        done = CliRunner().invoke(main, words[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
    assert (tmp_path / "build" / "first" / "waves.vcd").is_file()
