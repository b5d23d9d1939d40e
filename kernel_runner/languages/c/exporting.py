"""C cells as a source file of a project's."""

from __future__ import annotations

import re

from kernel_runner.export import NUMBER
from kernel_runner.languages.c.tree import declared_name, declares, is_constant, parser
from kernel_runner.native.composing import Dialect, Variable

PLAIN_TYPE = re.compile(
    r"(?:(?:unsigned|signed|const|volatile|long|short|int|char|double|float|bool|_Bool|\w+_t)\s*)+"
)


def assigns(variable: Variable) -> str:
    """How a variable outside of main gets its value in main."""
    if re.search(r"\bconst\b", variable.type):
        return ""
    type_ = re.sub(r"\b(?:static|extern|register|auto)\b\s*", "", variable.type)
    if "[" in variable.plain:
        value = f"({type_}[]){variable.value}" if variable.is_list else variable.value
        return f"memcpy({variable.name}, {value}, sizeof {variable.name});"
    value = f"({type_}){variable.value}" if variable.is_list else variable.value
    return f"{variable.name} = {value};"


def zero(variable: Variable) -> str:
    """What a variable is that is given no value."""
    if re.search(r"\bstatic\b|\bextern\b", variable.type):
        return ""
    array = re.search(r"\[(.*?)\]", variable.plain)
    if array is not None:
        return "{0}" if re.fullmatch(r"\d+|[A-Z_\d]+", array[1]) else ""
    return "0" if "*" in variable.plain or PLAIN_TYPE.fullmatch(variable.type) else "{0}"


def prints(expression: str, operand: str, result: str) -> str:
    """The statement that prints a value that was shown as ``result``."""
    if re.fullmatch(r"-?\d+", result):
        return f'printf("%lld\\n", (long long){operand});'
    if NUMBER.fullmatch(result):
        return f'printf("{precision(result)}\\n", (double){operand});'
    if result in ("true", "false"):
        return f'puts({operand} ? "true" : "false");'
    if len(result) > 1 and result[0] == result[-1] == '"' and "\\" not in result:
        return f'printf("\\"%s\\"\\n", {expression});'
    if re.fullmatch(r"'[^\\]'", result):
        return f"printf(\"'%c'\\n\", {expression});"
    return ""


def precision(result: str) -> str:
    """printf's way of writing a number as it was shown."""
    if result.endswith(".0"):
        return "%.1f"
    for digits in range(6, 18):
        if f"{float(result):.{digits}g}" == result:
            return f"%.{digits}g" if digits > 6 else "%g"
    return "%.17g"


DIALECT = Dialect(
    parser=parser,
    declared=declared_name,
    is_function=lambda declarator: declares(declarator) == "function",
    is_constant=lambda value: is_constant(value, frozenset()),
    assigns=assigns,
    prints=prints,
    result_headers=("#include <stdio.h>",),
    zero=zero,
    head="int main(void)",
    overloads=False,
)
