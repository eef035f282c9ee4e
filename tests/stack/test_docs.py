from __future__ import annotations

from portal.cli import COMMANDS
from stack.layout import Layout
from tests.stack.labs import ROOT

DOCS = (ROOT / "docs" / "stack.md").read_text()


def test_each_command_of_the_stack_is_documented() -> None:
    ours = [name for name, where in COMMANDS.items() if where.startswith("stack.")]
    assert ours
    for name in ours:
        assert f"| `slo-lab {name}" in DOCS


def test_each_folder_of_the_lab_is_documented(layout: Layout) -> None:
    for folder in layout.root.iterdir():
        assert f"| `{folder.name}/" in DOCS
