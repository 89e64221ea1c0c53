"""Write `careervp_jobs_dal/asynchronous.py` from the classes whose calls it makes awaitable.

    python -m release.asynchronous

Run it after a change of a public method of `JobsRepository`, or of one of `JobsOperator` that only reads. Names,
parameters, types and docstrings are taken from the source as they stand there; the examples are made to await. The
imports are those of the source. A test compares the file with what is written here.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import careervp_jobs_dal
from careervp_jobs_dal.aws.executor import MAX_WORKERS
from careervp_jobs_dal.infrastructure.permission import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMMAND = "python -m release.asynchronous"
PACKAGE = Path(str(careervp_jobs_dal.__file__)).resolve().parent
LIBRARY = PACKAGE.name
FILE = PACKAGE / "asynchronous.py"
REPOSITORY, OPERATOR = "JobsRepository", "JobsOperator"
WIDTH = 120
READS = re.compile(r"Get|BatchGet|Query|Scan|Describe")

HEAD = f'''"""`AsyncJobsRepository` and `AsyncJobsOperator`: the calls of the library for asyncio.

`{COMMAND}` writes this file from `repository.py` and `operations/operator.py`: change those.

    event loop               thread              DynamoDB
      | -- await find_job ---> | ---- request -----> |
      | (other tasks run)      |                     |
      | <-- Result ----------- | <--- answer ------- |

A task that is cancelled while it awaits a call does not stop the call: its thread goes on, and its write may have
happened, as after a lost reply. The same call again finds out.
"""
'''
CLASS = '''

class AsyncJobsRepository:
    """Repository of the job records of one table, for asyncio.

    It has the methods of `JobsRepository`, and each is awaited. A call runs in a thread of the object's own, with the
    context variables of the task. Several event loops may share the object, and a forked child has threads of its own.

    A task can be cancelled while it awaits a call. The call may be carried out all the same; the same call again finds
    out. `submit_job` finds its job, and `complete_job` its end. A claim cannot be found again: `claim_job` answers
    LEASE_HELD, also to the same worker, until the lease lapses.

    `on_event` is called in a thread of the object. The `on_change` of `wait_for_job` is called in the event loop, and
    may return an awaitable.

    Args:
{args}
        max_workers: the most threads, and so the most calls at a time; a further call waits for its turn.

    Raises:
        ValueError: no table name is given or set, or another argument is invalid.

    Attributes:
        repository: the `JobsRepository` that makes the calls. Its own methods block the event loop.

    >>> async def submit():
    ...     async with AsyncJobsRepository(jobs.repository.table_name) as repository:
    ...         return await repository.submit_job("application-10", {{}}, user_id="user-1")
    >>> asyncio.run(submit()).unwrap().created
    True
    """

{constructor}

    @classmethod
    def of(cls, repository: JobsRepository, *, max_workers: int = {max_workers}) -> Self:
        """Make the asynchronous form of a ready repository, which can still be used itself.

        Args:
            repository: the repository that makes the calls.
            max_workers: as for the class.

        Raises:
            ValueError: `max_workers` is not a whole number above 0.

        >>> jobs = AsyncJobsRepository.of(repository, max_workers=4)
        >>> asyncio.run(jobs.find_job("vpr-1")).unwrap()["status"]
        'PENDING'
        """
        made = cls.__new__(cls)
        made._use(repository, max_workers)
        return made

    def _use(self, repository: JobsRepository, max_workers: int) -> None:
        self.repository = repository
        self._executor = Executor(max_workers)

    async def aclose(self) -> None:
        """Wait for the calls under way, and end the threads.

        `async with` does it at the end of its block. Any further call is a RuntimeError.

        >>> asyncio.run(AsyncJobsRepository.of(repository).aclose())
        """
        await self._executor.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
'''
OPERATOR_CLASS = '''

class AsyncJobsOperator:
    """Reads of a `JobsOperator`, for asyncio.

    It has those methods of `JobsOperator` that only read. They run in the threads of the repository, and end with it.

    Args:
        repository: the repository of the jobs.
    """

    def __init__(self, repository: AsyncJobsRepository) -> None:
        self._operator = JobsOperator(repository.repository)
        self._executor = repository._executor
'''
BODIES = {
    "wait_for_job": """\
        if not isinstance(timeout, timedelta):
            refuse = self.repository.wait_for_job
            return await self._executor.run(refuse, job_id, timeout, user_id=user_id, on_change=on_change)
        look = partial(self.find_status, job_id, user_id=user_id)
        fetch = partial(self.find_job, job_id, user_id=user_id)
        return await wait_in_loop(poll(look, fetch, asyncio.sleep, timeout, on_change))
"""
}
"""Bodies that are more than one call in a thread."""
EXAMPLES = {
    "iter_jobs": """\
        >>> asyncio.run(jobs.submit_job("application-9", {}, user_id="user-4")).success
        True
        >>> async def statuses():
        ...     pages = AsyncJobsOperator(jobs).iter_jobs(user_id="user-4")
        ...     return [job["status"] async for page in pages for job in page.unwrap().jobs]
        >>> asyncio.run(statuses())
        ['PENDING']
"""
}
"""Examples of methods that return an iterator."""


class Import(NamedTuple):
    """A name that a module imports, or has itself."""

    module: str
    name: str

    @property
    def order(self) -> tuple[int, str]:
        """Constants, classes, then the rest, as the linter sorts them."""
        return (0 if self.name.isupper() else 1 if self.name[0].isupper() else 2), self.name


class Source:
    """A class of the library, as its module's text has it."""

    def __init__(self, module: str, name: str) -> None:
        self.name = name
        text = (PACKAGE / f"{module.replace('.', '/')}.py").read_bytes()
        self.lines = text.splitlines(keepends=True)
        tree = ast.parse(text)
        self.imports = dict(imported(tree))
        self.imports |= {each: Import(f"{LIBRARY}.{module}", each) for each in defined(tree)}
        self.room = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
        functions = [node for node in self.room.body if isinstance(node, ast.FunctionDef) and not node.decorator_list]
        self.constructor = next(node for node in functions if node.name == "__init__")
        self.methods = [node for node in functions if not node.name.startswith("_")]

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node; a long one is made one line."""
        closed = re.sub(r",?\s*\n\s*(?=[\])}])|(?<=[\[({])\s*\n\s*", "", self.raw(node))
        return re.sub(r"\s*\n\s*", " ", closed)

    def raw(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node, as it is."""
        end = node.end_lineno or node.lineno
        before = b"".join(self.lines[node.lineno - 1 : end - 1])  # a syntax tree counts bytes
        return (before + self.lines[end - 1][: node.end_col_offset])[node.col_offset :].decode()

    def parameters(self, function: ast.FunctionDef) -> list[str]:
        """The parameters, as they are written in a signature."""
        given = function.args
        places = [*given.posonlyargs, *given.args]
        missing = [None] * (len(places) - len(given.defaults))
        shown = [self.parameter(*each) for each in zip(places, [*missing, *given.defaults], strict=True)]
        if given.posonlyargs:
            shown.insert(len(given.posonlyargs), "/")
        if given.kwonlyargs:
            shown.append("*")
        shown += [self.parameter(*each) for each in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
        return [*shown, *([f"**{self.parameter(given.kwarg, None)}"] if given.kwarg else [])]

    def parameter(self, parameter: ast.arg, default: ast.expr | None) -> str:
        """One parameter with its type and default."""
        if parameter.annotation is None:
            return parameter.arg
        kind = f"{parameter.arg}: {self.segment(parameter.annotation)}"
        return kind if default is None else f"{kind} = {self.segment(default)}"

    def returned(self, function: ast.FunctionDef) -> str:
        """The type of the return value."""
        return "" if function.returns is None else self.segment(function.returns)


def imported(tree: ast.Module) -> Iterator[tuple[str, Import]]:
    """The names that a module imports, also for type checkers only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((each.asname or each.name, Import(node.module, each.name)) for each in node.names)


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for each in targets if isinstance(each, ast.Name))


def arguments(function: ast.FunctionDef) -> list[str]:
    """The arguments that pass a function's own parameters on."""
    given = function.args
    places = [each.arg for each in (*given.posonlyargs, *given.args) if each.arg != "self"]
    names = [f"{each.arg}={each.arg}" for each in given.kwonlyargs]
    return [*places, *names, *([f"**{given.kwarg.arg}"] if given.kwarg else [])]


def laid_out(start: str, parts: list[str], end: str, indent: int) -> str:
    """A signature or a call, broken into lines as the formatter does it."""
    margin = " " * indent
    whole = f"{margin}{start}{', '.join(parts)}{end}"
    if len(whole) <= WIDTH:
        return whole
    inside = f"{margin}    {', '.join(parts)}"
    if len(inside) > WIDTH:
        inside = "\n".join(f"{margin}    {part}," for part in parts)
    return f"{margin}{start}\n{inside}\n{margin}{end}"


def constructor(source: Source, max_workers: int) -> str:
    """The constructor, which takes what the repository's own takes."""
    function = source.constructor
    parameters = [*source.parameters(function), f"max_workers: int = {max_workers}"]
    signature = laid_out("def __init__(", parameters, ") -> None:", 4)
    lines = [""]
    for part in arguments(function):
        line = f"{lines[-1]} {part},".strip()
        lines = [*lines[:-1], line] if len(line) <= WIDTH - 12 else [*lines, f"{part},"]
    passed = "\n".join(f"            {line}" for line in lines)
    # One argument a line, as the formatter has it, would make the function too long for the house.
    made = f"        repository = {source.name}(\n{passed}\n        )  # fmt: skip\n"
    return f"{signature}\n{made}        self._use(repository, max_workers)"


def method(source: Source, function: ast.FunctionDef, owner: str, names: Iterable[str]) -> str:
    """One method, as a coroutine; an iterator becomes an asynchronous one."""
    returned = source.returned(function)
    iterates = returned.startswith("Iterator[")
    kind, returned = ("def", f"Async{returned}") if iterates else ("async def", returned)
    signature = laid_out(f"{kind} {function.name}(", source.parameters(function), f") -> {returned}:", 4)
    if iterates:
        made = laid_out(f"{owner}.{function.name}(", arguments(function), ")", 8).strip()
        body = f"        values = {made}\n        return self._executor.iterate(values)\n"
    else:
        parts = [f"{owner}.{function.name}", *arguments(function)]
        body = laid_out("return await self._executor.run(", parts, ")", 8) + "\n"
    doc = docstring(source, function, names, iterates=iterates)
    return f"\n{signature}\n        {doc}\n{BODIES.get(function.name, body)}"


def docstring(source: Source, function: ast.FunctionDef, names: Iterable[str], *, iterates: bool) -> str:
    """The docstring of a method, with examples that await."""
    text = source.raw(function.body[0])
    prose, _, examples = text.partition("        >>> ")
    if iterates:
        return f'{prose}{EXAMPLES[function.name]}        """'
    lines = f"        >>> {examples}".split("\n") if examples else []
    return prose + "\n".join(awaiting(lines, frozenset(names)))


def awaiting(lines: list[str], names: frozenset[str]) -> Iterator[str]:
    """The lines of examples, in which each call of a method runs in an event loop."""
    code: list[str] = []
    for line in [*lines, ""]:
        if code and not line.strip().startswith("..."):
            yield from example("\n".join(code), names)
            code = []
        if line.strip().startswith((">>> ", "...")):
            code.append(line.strip()[4:])
        elif line:
            yield line


def example(code: str, names: frozenset[str]) -> Iterator[str]:
    """One statement of an example, likewise."""
    text = code.encode()
    starts = [0]
    for before in text.split(b"\n"):
        starts.append(starts[-1] + len(before) + 1)
    edits: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            start, end = starts[node.lineno - 1] + node.col_offset, node.end_lineno or node.lineno
            owner = ast.unparse(node.func.value)
            edits += [(start, len(owner), OWNERS[owner]), (start, 0, "asyncio.run(")]
            edits.append((starts[end - 1] + (node.end_col_offset or 0), 0, ")"))
    for place, length, new in sorted(edits, reverse=True):
        text = text[:place] + new.encode() + text[place + length :]
    for number, line in enumerate(text.decode().split("\n")):
        yield f"        {'...' if number else '>>>'} {line}".rstrip()


OWNERS = {"repository": "jobs", f"{OPERATOR}(repository)": f"Async{OPERATOR}(jobs)"}


def only_reads(function: ast.FunctionDef) -> bool:
    """Whether a method sends reads only."""
    return all(READS.match(need.action) for need in PERMISSIONS[function.name])


def section(source: Source, name: str) -> str:
    """A section of the class's docstring."""
    found = re.search(rf"^    {name}:\n((?:        .*\n)+)", source.raw(source.room.body[0]), re.MULTILINE)
    return "" if found is None else found[1].rstrip("\n")


def names_in(nodes: Iterable[ast.AST | None]) -> set[str]:
    """The names that stand in annotations or defaults."""
    return {each.id for node in nodes if node for each in ast.walk(node) if isinstance(each, ast.Name)}


def types_of(function: ast.FunctionDef) -> list[ast.expr | None]:
    """The types in a signature."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *([given.kwarg] if given.kwarg else [])]
    return [function.returns, *(each.annotation for each in every)]


def import_lines(imports: Iterable[Import], indent: str = "") -> str:
    """The imports, in groups, as the linter sorts them."""
    modules: dict[str, list[Import]] = {}
    for each in sorted(set(imports), key=lambda each: each.order):
        modules.setdefault(each.module, []).append(each)
    groups: dict[int, list[str]] = {}
    for module in sorted(modules):
        root = module.partition(".")[0]
        group = 2 if root == LIBRARY else 0 if root in sys.stdlib_module_names else 1
        line = f"{indent}from {module} import {', '.join(each.name for each in modules[module])}"
        groups.setdefault(group, []).append(line)
    return "\n\n".join("\n".join(groups[group]) for group in sorted(groups))


def imports_of(sources: dict[Source, list[ast.FunctionDef]]) -> str:
    """What the file imports: for defaults and bodies always, for types alone only for type checkers."""
    needed: set[Import] = {
        *(Import("functools", "partial"), Import("datetime", "timedelta"), Import("typing", "TYPE_CHECKING")),
        *(Import(f"{LIBRARY}.aws.executor", "Executor"), Import(f"{LIBRARY}.operations.operator", OPERATOR)),
        *(Import(f"{LIBRARY}.aws.polling", name) for name in ("poll", "wait_in_loop")),
        Import(f"{LIBRARY}.repository", REPOSITORY),
    }
    typed: set[Import] = {Import("typing", "Self")}
    for source, functions in sources.items():
        defaults = names_in(each for one in functions for each in (*one.args.defaults, *one.args.kw_defaults))
        types = names_in(each for one in functions for each in types_of(one))
        needed |= {source.imports[name] for name in defaults if not hasattr(builtins, name)}
        typed |= {source.imports[name] for name in types if not hasattr(builtins, name)}
    iterators = {each for each in typed if each.name == "Iterator"}
    typed = typed - iterators | {each._replace(name="AsyncIterator") for each in iterators}
    needed |= {each for each in typed if each.module == "typing"}
    always, typed_only = import_lines(needed), import_lines(typed - needed, "    ")
    return f"from __future__ import annotations\n\nimport asyncio\n{always}\n\nif TYPE_CHECKING:\n{typed_only}\n"


def written() -> str:
    """The file, as it has to be."""
    repository, operator = Source("repository", REPOSITORY), Source("operations.operator", OPERATOR)
    reads = [function for function in operator.methods if only_reads(function)]
    names = [function.name for function in (*repository.methods, *reads)]
    parts = {"args": section(repository, "Args"), "constructor": constructor(repository, MAX_WORKERS)}
    return "".join(
        [
            f"{HEAD}\n{imports_of({repository: [repository.constructor, *repository.methods], operator: reads})}",
            CLASS.format(**parts, max_workers=MAX_WORKERS),
            *(method(repository, function, "self.repository", names) for function in repository.methods),
            OPERATOR_CLASS,
            *(method(operator, function, "self._operator", names) for function in reads),
        ]
    )


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    print(FILE)
