"""case.yaml: read without surprises, and the template that an import writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from spondyl.clinic.facts import Facts, read_facts
from spondyl.core.errors import CaseError

MAX_BYTES = 1 << 20
"""A case.yaml is a page of text; what is larger is something else."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice and aliases (a few lines of which can fill the memory)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem=f"alias *{event.anchor} is not allowed; write the value out", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key is a list or a table, expected a word", problem_mark=key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f'key "{key_node.value}" is given twice; keep one', problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_case_yaml(path: Path) -> Facts:
    """Read and validate a case.yaml.

    Raises
    ------
    CaseError
        If the file is missing, not YAML, holds a key twice, an unknown key or a value that cannot be.
    """
    if not path.is_file():
        raise CaseError(f"{path} not found; write one with at least `level:`, for example `level: L3`")
    if path.stat().st_size > MAX_BYTES:
        raise CaseError(
            f"{path} has {path.stat().st_size} bytes, expected a page of text below {MAX_BYTES}; is it another file?"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CaseError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror}") from error
    return parse_case_yaml(text, str(path))


def parse_case_yaml(text: str, source: str) -> Facts:
    """Validate the text of a case.yaml; `source` names it in messages.

    Raises
    ------
    CaseError
        As `read_case_yaml`.
    """
    data = parse_yaml(text, source)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise CaseError(f"{source} holds a {type(data).__name__}, expected keys and values such as `level: L3`")
    return read_facts(data, source)


def parse_yaml(text: str, source: str) -> Any:
    """YAML without keys given twice and without aliases.

    Raises
    ------
    CaseError
        If it is not readable.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise CaseError(f"{source} is not readable YAML: {_where(error)}") from error


def _where(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def template(case_id: str, notes: tuple[str, ...] = ()) -> str:
    """The case.yaml that an import writes: what must be filled in by a person stands commented out."""
    lines = [f"# {note}" for note in notes]
    lines += [
        "# Facts that images cannot tell. Take the # away and fill in what is known; what stays out is unknown.",
        f"case_id: {case_id}",
        "# level: L3                      # the vertebra to treat: C1-C7, T1-T12, L1-L5, S1-S5",
        "# histology: breast carcinoma",
        "# prescription: sib-sbrt-30in5",
    ]
    return "\n".join(lines) + "\n"
