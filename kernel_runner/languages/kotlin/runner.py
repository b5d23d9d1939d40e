"""Kotlin: a session in one JVM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kernel_runner.assist.syntax import Grammar
from kernel_runner.jvm.jvm_runner import JvmRunner
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.kotlin.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of

if TYPE_CHECKING:
    from kernel_runner.plain_build import Plan

KEYWORDS = (
    "abstract annotation as break by catch class companion const constructor continue data do else "
    "enum external false final finally for fun if import in infix init inline inner interface "
    "internal is it lateinit lazy null object open operator out override package private protected "
    "public return sealed super suspend tailrec this throw true try typealias val value var vararg "
    "when where while"
)
COMPILER = "kotlin-compiler-embeddable-2.*.jar"


class KotlinRunner(JvmRunner):
    """Cells are evaluated as in Kotlin's REPL."""

    language = Language(
        "kotlin",
        "Kotlin",
        suffix=".kt",
        mimetype="text/x-kotlin",
        comment="//",
        codemirror_mode="text/x-kotlin",
        pygments_lexer="kotlin",
        kernels=("kotlin",),
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = Toolchain((("kotlin",),), version=("-version",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=4, spans=('"""', "*/"))
    samples = SAMPLES
    main_names = ("main.kt", "Main.kt", "src/main/kotlin/Main.kt", "main.kts")
    main_pattern = r"\bfun\s+main\s*\("
    runs_built = True
    sources = folder_of(__file__) / "agent"
    evaluator = "KotlinEvaluator"
    # Cells wait for the compiler more than for their own code: the first ones come twice as fast.
    jvm_options = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    assists = ""
    rehearsal = (
        "import kotlin.system.exitProcess\ndata class A(val n: Int) { fun twice() = 2 * n }\n"
        'println(listOf(A(1)).map { "${it.twice()}" })\nexitProcess(0)'
    )

    def libraries(self) -> list[str]:
        """The compiler's jars, and those that it needs. Raises SpawnError."""
        kotlin = self.command()[0]
        folder = Path(kotlin).resolve().parent.parent / "lib"
        compiler = [str(jar) for jar in folder.glob(COMPILER)]
        if not compiler:
            raise SpawnError(
                f"There is no lib/{COMPILER} beside {kotlin}: put kotlin-scripting-jvm-host there, "
                "from Maven's repositories, with all that it depends on."
            )
        others = sorted(str(jar) for jar in folder.glob("*-[0-9]*.jar") if str(jar) not in compiler)
        return [*compiler, *others]

    def plan(self) -> Plan | None:
        """Classes of all the sources. Raises BatchError and SpawnError."""
        from kernel_runner.languages.kotlin.plain import classes_plan

        return classes_plan(self)
