"""Reads out of the package's source with which values each note, refusal and phrase is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "camp_monitor"
MAKERS = {"note", "Note", "Refusal", "phrase"}
DEFINE_MAKERS = {"notes.py", "errors.py", "report/text/sentences.py"}
ANYTHING = ast.Constant(value=None)
"""Stands for a value that the source does not plainly tell."""

Members = frozenset[str]
Block = ast.Module | ast.FunctionDef


@dataclass(frozen=True)
class Made:
    """A call that makes a note, a refusal or a phrase, as far as its source tells.

    Parameters
    ----------
    place : str
        File and line.
    maker : str
    said : str
        Source of what is made: ``Code.SHIFT_LEFT``.
    members : frozenset of str or None
        Members of `Code`, or names of phrases, that it may be; None where that is not plain.
    given : frozenset of str or None
        Names of the values that are always given; None likewise.
    """

    place: str
    maker: str
    said: str
    members: Members | None
    given: Members | None

    @property
    def file(self) -> str:
        return self.place.partition(":")[0]

    @property
    def is_phrase(self) -> bool:
        return self.maker == "phrase"


def made() -> list[Made]:
    """Every call of the package that makes a note, a refusal or a phrase.

    Left out is ``Refusal(reason.code, **dict(reason.values))``, which only passes a note on.
    """
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name not in DEFINE_MAKERS:
            found += made_in(path.read_text(encoding="utf-8"), name)
    return found


def made_in(source: str, name: str) -> list[Made]:
    """Those of one module."""
    module = ast.parse(source)
    found = []
    for scope, call in _calls(module, (), module):
        maker = call.func.id if isinstance(call.func, ast.Name) else ""
        passes_on = [ast.unparse(word.value) for word in call.keywords if word.arg is None]
        if maker not in MAKERS or not call.args or scope.shadows(maker):
            continue
        said = ast.unparse(call.args[0])
        if passes_on == [f"dict({said.removesuffix('.code')}.values)"]:
            continue
        in_language = maker == "phrase" and [ast.unparse(arg) for arg in call.args[1:]]
        plain = len(call.args) == 1 or in_language in (
            ["language"], ["self.language"], ["told.language"], ["facts.language"],
        )  # fmt: skip
        given = scope.names(call.keywords) if plain else None
        place = f"{name}:{call.lineno}"
        found.append(Made(place, maker, said, scope.members(call.args[0]), given))
    return found


def _calls(
    node: ast.AST, blocks: tuple[Block, ...], module: ast.Module
) -> Iterator[tuple[Scope, ast.Call]]:
    if isinstance(node, Block):
        blocks = (node, *blocks)
    if isinstance(node, ast.Call):
        yield Scope(blocks, module), node
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, blocks, module)


@dataclass(frozen=True)
class Scope:
    """What names stand for at one place: by the functions round it, the innermost first."""

    blocks: tuple[Block, ...]
    module: ast.Module

    def members(self, node: ast.expr) -> Members | None:
        """Return the codes or names that an expression may be; None where that is not plain."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return frozenset({node.value})
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Code":
            return frozenset({node.attr})
        if isinstance(node, ast.IfExp):
            return _union([self.members(node.body), self.members(node.orelse)])
        if isinstance(node, ast.Name):
            return _union([self.members(value) for value in self._values(node.id)])
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            tables = [table for table in self._values(node.value.id) if isinstance(table, ast.Dict)]
            return _union([self.members(value) for table in tables for value in table.values])
        if isinstance(node, ast.JoinedStr):
            return self._joined(node)
        return None

    def shadows(self, maker: str) -> bool:
        """Whether a function here has that name, or a parameter of that name."""
        inside = [node for block in self.blocks for node in _inside(block)]
        functions = {node.name for node in inside if isinstance(node, ast.FunctionDef)}
        return maker in functions | {node.arg for node in inside if isinstance(node, ast.arg)}

    def _joined(self, node: ast.JoinedStr) -> Members | None:
        texts = frozenset({""})
        for part in node.values:
            ends = self.members(part.value if isinstance(part, ast.FormattedValue) else part)
            if ends is None:
                return None
            texts = frozenset(text + end for text in texts for end in ends)
        return texts

    def names(self, keywords: list[ast.keyword]) -> Members | None:
        """Return the names that keywords always give, with those of ``**`` where it is plain."""
        parts = [
            self._keys(word.value) if word.arg is None else frozenset({word.arg})
            for word in keywords
        ]
        return _union(parts) if parts else frozenset()

    def _keys(self, node: ast.expr) -> Members | None:
        if isinstance(node, ast.Dict):
            items = zip(node.keys, node.values, strict=True)
            keys = [self._keys(value) if key is None else self.members(key) for key, value in items]
            return _union(keys) if keys else frozenset()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _union([self._keys(node.left), self._keys(node.right)])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict" and not node.args:
            return self.names(node.keywords)
        if isinstance(node, ast.IfExp):
            return _common([self._keys(node.body), self._keys(node.orelse)])
        if isinstance(node, ast.Name):
            return _common([self._keys(value) for value in self._values(node.id)])
        return None

    def _values(self, name: str) -> list[ast.expr]:
        """All that a name may stand for, in the innermost block that says so."""
        for block in self.blocks:
            found = [
                ANYTHING if name in _read(value) else value
                for target, value in _assigned(block)
                if target == name
            ]
            if isinstance(block, ast.FunctionDef):
                found += _arguments(block, name, self.module)
            if found:
                return found
        return []


def _assigned(block: Block) -> Iterator[tuple[str, ast.expr]]:
    """Names that a block assigns to or goes through, each with what it is given."""
    for node in _inside(block):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value:
            plain = ANYTHING if isinstance(node, ast.AugAssign) else node.value
            yield from _pairs(node.target, plain)
        elif isinstance(node, (ast.For, ast.comprehension)):
            held = node.iter
            for value in held.elts if isinstance(held, (ast.Tuple, ast.List)) else (ANYTHING,):
                yield from _pairs(node.target, value)


def _inside(block: Block) -> Iterator[ast.AST]:
    """Nodes of a block without what is inside its functions."""
    nodes = list(ast.iter_child_nodes(block))
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef):
            nodes += ast.iter_child_nodes(node)


def _read(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        held = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        known = len(held) == len(target.elts)
        for number, part in enumerate(target.elts):
            yield from _pairs(part, held[number] if known else ANYTHING)


def _arguments(function: ast.FunctionDef, name: str, module: ast.Module) -> list[ast.expr]:
    """What the module gives to a parameter of one of its own functions."""
    parameters = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    if name not in parameters:
        return []
    place, given = parameters.index(name), []
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function.name:
            values = [word.value for word in node.keywords if word.arg == name]
            values += node.args[place : place + 1]
            given += [ANYTHING if isinstance(value, ast.Name) else value for value in values]
    return given or [ANYTHING]


def _union(parts: list[Members | None]) -> Members | None:
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if known and len(known) == len(parts) else None


def _common(parts: list[Members | None]) -> Members | None:
    known = [part for part in parts if part is not None]
    return frozenset.intersection(*known) if known and len(known) == len(parts) else None
