"""Clojure: a session in one JVM."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.jvm.jvm_runner import JvmRunner
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.clojure.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of

KEYWORDS = (
    "and apply assoc case concat cond conj cons count declare def defmacro defmethod defmulti defn "
    "defn- defonce defprotocol defrecord deftype do doall dorun doseq dotimes filter first fn for "
    "future get get-in if if-let if-not if-some import in-ns interleave interpose into iterate "
    "keep let letfn loop map map-indexed mapcat not ns nth or partition println prn quote range "
    "recur reduce reify remove repeat require rest reset! reverse select-keys seq set! some sort "
    "sort-by str swap! take take-while throw try update update-in use vec when when-let when-not "
    "while with-open zipmap"
)
# Where Debian, and where Clojure's own installer, put it, seen from the folder above the command's.
JARS = ("share/java/clojure.jar", "libexec/clojure-tools-*.jar", "lib/clojure/libexec/*.jar")


class ClojureRunner(JvmRunner):
    """Cells are evaluated form by form, as in Clojure's REPL."""

    language = Language(
        "clojure",
        "Clojure",
        suffix=".clj",
        mimetype="text/x-clojure",
        comment=";",
        codemirror_mode="clojure",
        pygments_lexer="clojure",
        kernels=("clojupyter", "clojure"),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain(
        (("clojure",),), debian="clojure default-jdk-headless", version=("-e", "(clojure-version)")
    )
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="!$%&*/<=>?+-.'#",
        indent=2,
        quotes=(),
        spans=('"',),
    )
    samples = SAMPLES
    main_names = ("main.clj", "core.clj", "src/main.clj", "src/core.clj")
    main_pattern = r"\(defn -main\b"
    sources = folder_of(__file__) / "agent"
    evaluator = "ClojureEvaluator"
    assists = ""
    rehearsal = '(defn f [{:keys [a]}] (str a "b"))\n(println (map f [{:a 1}]))\n(System/exit 0)'

    def libraries(self) -> list[str]:
        """Clojure's jar; it names those that it needs. Raises SpawnError."""
        clojure = self.command()[0]
        root = Path(clojure).resolve().parent.parent
        for pattern in JARS:
            for jar in sorted(root.glob(pattern)):
                return [str(jar.resolve())]
        raise SpawnError(f"There is no {JARS[0]} beside {clojure}: is it Clojure's?")

    def adding_code(self, paths: Sequence[str]) -> str:
        """Code that adds jars to the session."""
        names = " ".join(map(quoted, paths))
        return f"(kernelrunner.Display/addToClasspath (into-array String [{names}]))"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"(kernelrunner.Environment/set {quoted(name)} {quoted(value)})"


def quoted(text: str) -> str:
    """A string literal; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
