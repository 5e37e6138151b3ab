"""Changes one thing at a time in the source of a check: the mutants that its tests must notice.

Pure.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

WORDS: Final = {"passed": "unknown", "failed": "unknown", "unknown": "passed"}
SWAPPED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
TURNED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
"""For times: whether a bound itself is inside makes no difference that a clock of nanoseconds would show."""
COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Args:
        module: name of the file, without its ending.
        line: where.
        what: is changed, in source.
        tree: the whole file, changed.
    """

    module: str
    line: int
    what: str
    tree: ast.Module

    @property
    def id(self) -> str:
        """Stable while its file is."""
        return f"{self.line}: {self.what}"


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Make every mutant of a file.

    Args:
        module: its name.
        source: its text.
    """
    tree = ast.parse(source)
    seen: dict[str, int] = {}
    for path in _places(tree, ()):
        for changed in _changes(_at(tree, path)):
            mutated = copy.deepcopy(tree)
            _replace(mutated, path, changed)
            ast.fix_missing_locations(mutated)
            old = _at(tree, path)
            what = f"{_short(old)}  →  {_short(changed)}"
            line = getattr(old, "lineno", 0)
            number = seen[f"{line}{what}"] = seen.get(f"{line}{what}", 0) + 1
            yield Mutant(module, line, what + f" ({number})" * (number > 1), mutated)


_Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: _Path) -> Iterator[_Path]:
    """Walk over what may be changed: no text, no annotation, no import, no assertion of our own."""
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return
    if path:
        yield path
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        if isinstance(node, ast.Call) and name in {"args", "keywords"} and _is_told(node.func):
            continue
        if isinstance(node, ast.BinOp) and name == "right" and _is_next_moment(node):
            continue
        if isinstance(value, ast.AST):
            yield from _places(value, (*path, (name, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _places(item, (*path, (name, index)))


def _is_told(function: ast.expr) -> bool:
    """Whether a call's arguments are words for a reader: a verdict's reason, a check's rule."""
    return isinstance(function, ast.Name) and function.id in {*WORDS, "Check", "Figure", "Verdict", "NamedTuple"}


def _changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: PLR0912 - a table of what is changed into what
    match node:
        case ast.Compare(ops=ops):
            changed = COMPARED | TURNED if _is_about_time(node) else COMPARED
            for index in range(len(ops)):
                yield _with(node, ops=[changed[type(o)]() if n == index else o for n, o in enumerate(ops)])
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for index in range(len(values)):
                rest = [value for n, value in enumerate(values) if n != index]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in COUNTED:
            yield _with(node, op=COUNTED[type(op)]())
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            yield ast.Constant(0)
        case ast.If(test=test) | ast.IfExp(test=test):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.comprehension(ifs=[_, *_] as tests):
            for index in range(len(tests)):
                yield _with(node, ifs=[test for n, test in enumerate(tests) if n != index])
        case ast.Name(id=name, ctx=ast.Load()) if name in WORDS | SWAPPED:
            yield ast.Name((WORDS | SWAPPED)[name], ast.Load())
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Pass()
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.Pass()


def _is_about_time(node: ast.AST) -> bool:
    """Whether names in it end with the unit of a time."""
    names = [
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)
    ]
    return any(name.endswith(("_s", "_ns")) for name in names)


def _is_next_moment(node: ast.BinOp) -> bool:
    """Whether it is the nanosecond after a time; two after it make no difference that a history would show."""
    return isinstance(node.op, ast.Add) and _is_about_time(node.left) and ast.unparse(node.right) == "1"


def _with(node: ast.AST, **fields: Any) -> ast.AST:  # Any: fields of an AST node
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _at(tree: ast.AST, path: _Path) -> ast.AST:
    node: Any = tree  # Any: AST nodes and lists of them
    for name, index in path:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    found: ast.AST = node
    return found


def _replace(tree: ast.AST, path: _Path, changed: ast.AST) -> None:
    *above, (name, index) = path
    parent: Any = _at(tree, tuple(above))  # Any: as above
    if index is None:
        setattr(parent, name, copy.deepcopy(changed))
    else:
        getattr(parent, name)[index] = copy.deepcopy(changed)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split()) if not isinstance(node, ast.comprehension) else ast.unparse(node).strip()
    if isinstance(node, ast.If):
        text = f"if {ast.unparse(node.test)}"
    return text if len(text) <= 90 else f"{text[:87]}…"
