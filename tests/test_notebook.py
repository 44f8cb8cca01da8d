"""The example notebook: committed without outputs, and run from its first cell to its last in a kernel of its own."""

from __future__ import annotations

import os

import nbformat
import pytest

from support.source_tree import ROOT

NOTEBOOK = ROOT / "docs" / "notebook" / "first_look.ipynb"

#: Most seconds for one cell: the first picture starts a JavaScript engine, on a machine that is busy with other tests.
CELL_S = 120


@pytest.fixture(scope="module")
def done(example_home, tmp_path_factory):
    """The notebook with what its cells showed, over the example log."""
    folder = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        # Jupyter warns of its old folders until it is told of the new ones; nothing of this machine's own is read
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name.lower()))
        from nbclient import NotebookClient

        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = NotebookClient(
            notebook, timeout=CELL_S, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        # The kernel is a process of its own, on loopback: it speaks ZeroMQ, which opens no Python socket to guard
        client.execute(
            env={
                **os.environ,
                "GAITKEEPER_HOME": str(example_home.path),
                "PYTHONPATH": str(ROOT),
                "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            }
        )
    return notebook


def test_no_output_is_committed():
    """Outputs of somebody's log are health data."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) >= 8
    assert {None} == {cell.execution_count for cell in cells}
    assert [] == [output for cell in cells for output in cell.outputs]


def test_the_notebook_is_valid():
    """Jupyter opens it without a word."""
    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))


def test_the_notebook_runs_to_its_end(done):
    """Every cell answers; none fails, and none has anything to warn of."""
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [] == [output for output in outputs if output.output_type in ("error", "stream")]
    assert all(cell.outputs for cell in done.cells if cell.cell_type == "code")


def test_the_notebook_shows_four_pictures(done):
    """A session, a week, the block and the cadence, each with its sentence."""
    pictures = [
        output.data
        for cell in done.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/svg+xml" in output.data
    ]
    assert 4 == len(pictures)
    assert all(picture["image/svg+xml"].startswith('<svg role="img"') for picture in pictures)
    assert all(picture["text/plain"].endswith(".") for picture in pictures)
