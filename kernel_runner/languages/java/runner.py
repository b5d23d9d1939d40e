"""Java: a session in JShell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel_runner.assist.syntax import Grammar
from kernel_runner.jvm.jvm_runner import JAVA, JvmRunner
from kernel_runner.language import Language
from kernel_runner.languages.java.samples import SAMPLES
from kernel_runner.runner import folder_of

if TYPE_CHECKING:
    from kernel_runner.plain_build import Plan

KEYWORDS = (
    "abstract assert boolean break byte case catch char class const continue default do double "
    "else enum extends false final finally float for if implements import instanceof int "
    "interface long native new null package private protected public record return sealed short "
    "static strictfp super switch synchronized this throw throws transient true try var void "
    "volatile while yield"
)


class JavaRunner(JvmRunner):
    """Cells run in one JVM, as jshell would run them."""

    language = Language(
        "java",
        "Java (JShell)",
        suffix=".java",
        mimetype="text/x-java-source",
        comment="//",
        codemirror_mode="text/x-java",
        pygments_lexer="java",
        kernels=("java", "jjava", "jbang-jjava"),
        spellings={"%maven": "%dep"},
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = JAVA
    grammar = Grammar(
        "tree_sitter_java",
        keywords=tuple(KEYWORDS.split()),
        letters="$",
        indent=4,
        spans=('"""', "*/"),
    )
    samples = SAMPLES
    main_names = ("Main.java", "App.java", "src/Main.java", "src/main/java/Main.java")
    main_pattern = r"\bstatic\s+(?:\w+\s+)*void\s+main\s*\("
    runs_built = True
    sources = folder_of(__file__) / "agent"
    evaluator = "Session"
    rehearsal = (
        'class A { int a() { return 1; } }\nvar text = "a" + new A().a();\ntext.length();\n'
        "System.exit(0)"
    )

    def plan(self) -> Plan | None:
        """Classes of all the sources. Raises BatchError and SpawnError."""
        from kernel_runner.languages.java.plain import classes_plan

        return classes_plan(self)

    def java(self) -> list[str]:
        """The command of the JVM, which is the toolchain."""
        return self.command()

    def libraries(self) -> list[str]:
        """The JDK has all that there is."""
        return []
