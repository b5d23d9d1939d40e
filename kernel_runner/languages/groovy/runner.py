"""Groovy: a session in one JVM."""

from __future__ import annotations

from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.jvm.jvm_runner import JvmRunner
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.groovy.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of

KEYWORDS = (
    "abstract as assert boolean break byte case catch char class const continue def default do "
    "double else enum extends false final finally float for goto if implements import in "
    "instanceof int interface long native new null package private protected public return short "
    "static strictfp super switch synchronized this threadsafe throw throws trait transient true "
    "try var void volatile while"
)


class GroovyRunner(JvmRunner):
    """Cells are scripts of one GroovyShell, as in groovysh."""

    language = Language(
        "groovy",
        "Groovy",
        suffix=".groovy",
        mimetype="text/x-groovy",
        comment="//",
        codemirror_mode="groovy",
        pygments_lexer="groovy",
        kernels=("groovy",),
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = Toolchain(
        (("groovy",),),
        debian="groovy default-jdk-headless",
        pattern=r"(?<=Groovy Version: )\d+(?:\.\d+)+",
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=4, spans=('"""', "'''", "*/"))
    samples = SAMPLES
    main_names = ("main.groovy", "Main.groovy", "run.groovy")
    sources = folder_of(__file__) / "agent"
    evaluator = "GroovyEvaluator"
    assists = ""
    rehearsal = 'class A { int a() { 1 } }\ndef n = new A().a()\nprintln "$n"\nSystem.exit(0)'

    def libraries(self) -> list[str]:
        """Groovy's jars, its own first. Raises SpawnError."""
        groovy = self.command()[0]
        folder = Path(groovy).resolve().parent.parent / "lib"
        # Debian has links there to jars of packages that it only recommends.
        jars = sorted(str(jar) for jar in folder.glob("*.jar") if jar.exists())
        own = [str(jar) for jar in folder.glob("groovy-[0-9]*.jar")]
        if not own:
            raise SpawnError(f"There is no lib/groovy-VERSION.jar beside {groovy}: is it Groovy's?")
        return [*own, *(jar for jar in jars if jar not in own)]
