"""C++ cells as a source file of a project's."""

from __future__ import annotations

import re

from kernel_runner.export import NUMBER
from kernel_runner.languages.c.exporting import PLAIN_TYPE, precision
from kernel_runner.languages.cpp import tree
from kernel_runner.native.composing import Dialect, Variable

BRACKETS = re.compile(r"[&\[(]")


def assigns(variable: Variable) -> str:
    """How a variable outside of main gets its value in main."""
    fixed = re.search(r"\b(?:auto|const|constexpr|static|inline)\b", variable.type)
    if fixed or variable.is_list or BRACKETS.search(variable.plain):
        return ""
    return f"{variable.name} = {variable.value};"


def zero(variable: Variable) -> str:
    """What a variable is that is given no value, and has no constructor."""
    if re.search(r"\bstatic\b|\bextern\b", variable.type):
        return ""
    if "[" in variable.plain:
        return "{}" if PLAIN_TYPE.fullmatch(variable.type) else ""
    if "*" in variable.plain:
        return "nullptr"
    return "0" if PLAIN_TYPE.fullmatch(variable.type) else ""


def prints(expression: str, operand: str, result: str) -> str:
    """The statement that prints a value that was shown as ``result``."""
    if re.fullmatch(r"-?\d+", result):
        return f"std::cout << {operand} << '\\n';"
    if NUMBER.fullmatch(result):
        return f'std::printf("{precision(result)}\\n", static_cast<double>({expression}));'
    if result in ("true", "false"):
        return f'std::cout << ({operand} ? "true" : "false") << \'\\n\';'
    if len(result) > 1 and result[0] == result[-1] == '"' and "\\" not in result:
        return f'std::cout << \'"\' << {operand} << "\\"\\n";'
    if re.fullmatch(r"'[^\\]'", result):
        return f'std::cout << "\'" << {operand} << "\'\\n";'
    return ""


DIALECT = Dialect(
    parser=tree.parser,
    declared=tree.declared,
    is_function=lambda declarator: tree.function_part(declarator) is not None,
    is_constant=lambda value: tree.is_constant(value, frozenset()),
    assigns=assigns,
    prints=prints,
    result_headers=("#include <cstdio>", "#include <iostream>"),
    zero=zero,
    head="int main()",
    overloads=True,
)
