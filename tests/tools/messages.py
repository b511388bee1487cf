# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sentence that a user may read, side by side: messages, task names, descriptions of options.

``python -m tests.tools.messages`` writes them to ``.build/messages.md`` and fails where one breaks a rule of wording.
They come from the sources: strings of the plugins that are sentences, ``name``, ``msg`` and ``fail_msg`` of roles and
playbooks, documentation, guides. The table is not kept in the repository: every change would touch each text twice.
"""

from __future__ import annotations

import ast
import re
import sys
import typing as t
from pathlib import Path

import yaml

from tests.tools.isolated import BUILD, ROOT

PLACE = BUILD / "messages.md"

# Word-for-word idiom, and terms that the glossary of CONTRIBUTING.md has another one for.
FORBIDDEN: dict[str, str] = {
    r"\banew\b": "again",
    r"\b(?:gives?|gave|given|giving|give it|give them|given it) back\b": "unlock, return",
    r"\bgives? (?:its|the|our|a|every|all|up) locks? back\b": "unlock",
    r"\bgives? (?:the|that|its|every|no|this) devices? back\b": "unlock",
    r"\b(?:told|tells?|telling) (?:of|about|apart|up)\b|\bis told\b|\bare told\b|\bnobody is told\b": "reported, shows",
    r"\bsomebody(?:'s)?\b": "someone, another user",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bdoors?\b": "wrapper, client",
    r"\bis shut\b|\bshut (?:gate|window|out)\b|\bare shut\b": "closed",
    r"\bkept back\b|\bkeeps? (?:it|a device|the device|them|devices) back\b": "blocked, not started",
    r"\bends? well\b": "exits successfully",
    r"\bturns? to\b|\bturned to\b": "reach, start",
    r"\bwork(?:s|ed)? (?:it |them |alerts )?off\b": "handle",
    r"\bat work with\b": "using",
    r"\bleft word\b|\bleave word\b": "deferred",
    r"\btook? (?:it|them) away\b|\btake[ns]? away\b": "remove",
    r"\bgone through\b|\bbeen through\b": "completed",
    r"\b1 (?:devices|hosts|locks|operations|windows)\b": "1 device",
    r"(?<![`('\"])\bbudget\b(?![`)'\"])": "limit",
    r"\ba matter of\b": "",
    r"\bwithout a word\b": "silently",
    r"\bin one go\b": "at once",
    r"\bno key of\b": "unknown key",
    r"\bbeside what\b": "compared with",
}
# Docstrings are read by whoever carries on.
DOCSTRINGS: dict[str, str] = {
    r"^Gives? ": "Return",
    r"^Tells? ": "Return whether",
}

_RULES = [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in FORBIDDEN.items()]
_OF_DOCSTRINGS = [(re.compile(pattern), better) for pattern, better in DOCSTRINGS.items()]


class Sentence(t.NamedTuple):
    """A sentence: where it stands, what kind it is, and its text with ``{}`` for values."""

    file: str
    line: int
    kind: str
    text: str


def _text(node: ast.AST) -> str | None:
    """Return the text of a string, an f-string or a sum of them, None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None and right is None else (left or "{}") + (right or "{}")
    return None


def _is_sentence(text: str) -> bool:
    """Whether a string is words for a person: no SQL, no markup, no name."""
    words = re.findall(r"[A-Za-z]{2,}", text.replace("{}", ""))
    code = re.search(
        r"^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|<|@|\.|#|\{%)|[{};]\s*\n|</\w+>|--[a-z]+:", text
    )
    return len(words) >= 3 and " " in text.strip() and not code


def of_python(file: str, text: str) -> t.Iterator[Sentence]:
    """Yield the sentences of a Python file: its strings, its docstrings, its documentation."""
    tree = ast.parse(text)
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring and isinstance(node.body[0], ast.Expr):
                inside.add(id(node.body[0].value))
                yield Sentence(file, node.body[0].lineno, "docstring", " ".join(docstring.split()))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, page = node.targets[0].id, _text(node.value)
            pages = ("DOCUMENTATION", "EXAMPLES", "RETURN")
            if page and (name in pages or (name.isupper() and "doc_fragments" in file)):
                inside.update(id(part) for part in ast.walk(node))
                yield from of_yaml(file, page, node.lineno)
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        said = _text(node)
        if said is not None:
            inside.update(id(part) for part in ast.walk(node))
            if _is_sentence(said):
                yield Sentence(file, getattr(node, "lineno", 0), "message", " ".join(said.split()))


# Keys of YAML whose values people read.
READ = {"name": "task", "msg": "message", "fail_msg": "message", "success_msg": "message"}
READ |= {"description": "option", "short_description": "option", "notes": "option", "details": "option"}


def of_yaml(file: str, text: str, line: int = 1) -> t.Iterator[Sentence]:
    """Yield the sentences of a YAML file, or of documentation that is YAML."""
    # What a fragment fills in stands in another fragment.
    text = re.sub(r"^\{\}$", "", text, flags=re.MULTILINE)
    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    stack: list[tuple[yaml.Node | None, str | None]] = [(root, None)]
    while stack:
        node, kind = stack.pop()
        if isinstance(node, yaml.MappingNode):
            stack += [(value, READ.get(key.value)) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += [(value, kind) for value in node.value]
        elif isinstance(node, yaml.ScalarNode) and kind and " " in node.value:
            yield Sentence(file, line + node.start_mark.line, kind, " ".join(node.value.split()))


def of_prose(file: str, text: str) -> t.Iterator[Sentence]:
    """Yield the paragraphs of a page."""
    line = 1
    for paragraph in text.split("\n\n"):
        if not re.match(r"\s*(?:\$ |```|\.\. code)", paragraph):
            yield Sentence(file, line, "prose", " ".join(paragraph.split()))
        line += paragraph.count("\n") + 2


def sentences(root: Path = ROOT) -> list[Sentence]:
    """Return every sentence, by file and line."""
    found: list[Sentence] = []
    for pattern in ("plugins/**/*.py", "extensions/eda/**/*.py"):
        for path in root.glob(pattern):
            found += of_python(path.relative_to(root).as_posix(), path.read_text())
    for pattern in ("roles/**/*.yml", "playbooks/*.yml", "extensions/**/*.yml", "examples/**/*.yml"):
        for path in root.glob(pattern):
            found += of_yaml(path.relative_to(root).as_posix(), path.read_text())
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/**/*.rst",
        "docs/apis/*.md",
        "examples/**/*.md",
    ):
        for path in root.glob(pattern):
            found += of_prose(path.relative_to(root).as_posix(), path.read_text())
    return sorted(set(found))


def problems(said: t.Iterable[Sentence]) -> list[str]:
    """Return what breaks a rule of wording, with what to write instead."""
    found = []
    for sentence in said:
        rules = [*_RULES, *(_OF_DOCSTRINGS if sentence.kind == "docstring" else [])]
        for pattern, better in rules:
            hit = pattern.search(sentence.text)
            if hit:
                around = sentence.text[max(0, hit.start() - 50) : hit.end() + 50]
                found.append(f"{sentence.file}:{sentence.line}: {hit.group()!r} -> {better!r}: ...{around}...")
    return found


def drawn(said: t.Iterable[Sentence]) -> str:
    """Return the table of messages, task names and options as Markdown, by file."""
    lines = ["# Messages", "", "Written by `make messages` from the sources.", ""]
    before = ""
    for sentence in said:
        if sentence.kind not in ("message", "task", "option"):
            continue
        if sentence.file != before:
            lines += ["", f"## {sentence.file}", "", "| Line | Kind | Text |", "| --- | --- | --- |"]
            before = sentence.file
        text = sentence.text.replace("|", "\\|")
        lines.append(f"| {sentence.line} | {sentence.kind} | {text} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the table, print what breaks a rule and return the exit status."""
    said = sentences()
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(drawn(said))
    wrong = problems(said)
    print("\n".join(wrong), end="\n" if wrong else "")
    print(f"messages: {len(said)} sentences, {len(wrong)} against the rules of wording; {PLACE.relative_to(ROOT)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
