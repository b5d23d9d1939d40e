"""Scala: a session in one JVM."""

from __future__ import annotations

from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.jvm.jvm_runner import JvmRunner
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.scala.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of

KEYWORDS = (
    "abstract case catch class def do else extends false final finally for forSome if implicit "
    "import lazy match new null object override package private protected return sealed super "
    "this throw trait true try type val var while with yield"
)
COMPILER = "scala-compiler-2.13.*.jar"


class ScalaRunner(JvmRunner):
    """Cells are evaluated as in Scala's REPL."""

    language = Language(
        "scala",
        "Scala",
        suffix=".scala",
        mimetype="text/x-scala",
        comment="//",
        codemirror_mode="text/x-scala",
        pygments_lexer="scala",
        kernels=("scala", "scala213", "almond"),
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = Toolchain((("scala",),), version=("-version",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=2, spans=('"""', "*/"))
    samples = SAMPLES
    main_names = ("main.scala", "Main.scala", "src/main/scala/Main.scala")
    main_pattern = r"\bobject\s+\w+\s+extends\s+App\b|\bdef\s+main\s*\("
    sources = folder_of(__file__) / "agent"
    evaluator = "ScalaEvaluator"
    # Cells wait for the compiler more than for their own code: the first ones come twice as fast.
    jvm_options = ("-Dscala.color=false", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    assists = ""
    rehearsal = (
        'case class A(n: Int) { def twice = 2 * n }\nprintln(List(A(1)).map(a => s"${a.twice}"))\n'
        "sys.exit(0)"
    )

    def libraries(self) -> list[str]:
        """The compiler's jars, and those that it needs. Raises SpawnError."""
        scala = self.command()[0]
        folder = Path(scala).resolve().parent.parent / "lib"
        compiler = [str(jar) for jar in folder.glob(COMPILER)]
        if not compiler:
            raise SpawnError(f"There is no lib/{COMPILER} beside {scala}: Scala 2.13 is needed.")
        others = sorted(str(jar) for jar in folder.glob("*.jar") if str(jar) not in compiler)
        return [*compiler, *others]
