"""Sample programs in Clojure: cells, and what they must show."""

from kernel_runner.language import Sample

OBJECTS = """\
(require '[clojure.string :as string])
(defprotocol Shape (area [shape]))
(defrecord Circle [radius] Shape (area [_] (* 3 radius radius)))
(println (string/upper-case "areas") (map area [(->Circle 1) (->Circle 2)]))"""
HALF = """\
(defn half [n]
  (when (zero? n) (throw (ex-info "no half" {:n n})))
  (/ n 2))

(half 0)"""

SAMPLES = {
    "hello": (Sample('(println "hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("(def n 6)\n(def prices {:tea 7})\n(defn twice [x] (* 2 x))", result=".*twice"),
        Sample("(require '[clojure.string :as s])"),
        Sample('[(* n (:tea prices)) (twice 3) (s/join "-" "ab")]', result=r'\[42 6 "a-b"\]'),
        Sample("(first *1)", result="42"),
        Sample("(ns other)\n(def here 1)\n(in-ns 'other)", result="(?s:.*)other(?s:.*)"),
        Sample("[here (in-ns 'user)]", result=r"\[1 (?s:.*)"),
    ),
    "value": (
        Sample('[1 "a" {:answer (* 6 7)}]', result=r'\[1 "a" \{:answer 42\}\]'),
        Sample("(def silent 1)\nnil"),
        Sample('(apply str (repeat 2 "ab")) ; twice', result='"abab"'),
        Sample("(take 3 (iterate inc 1))", result=r"\(1 2 3\)"),
        Sample("(range)", result=r"\(0 1 2 .*999 \.\.\.\)"),
    ),
    "comments only": (Sample("; nothing\n#_(at all)"), Sample("")),
    "objects": (Sample(OBJECTS, stdout=r"AREAS \(3 12\)\n"),),
    "error": (
        Sample(
            HALF,
            error="clojure.lang.ExceptionInfo",
            traceback=r"no half\n    at user/half\(In\[\d+\]:2\)\n    at In\[\d+\]:5$",
        ),
        Sample(
            "(def x 1)\n(+ x missing)",
            error="CompilerException",
            traceback=r"compiling at \(In\[\d+\]:2:1\)\.\nUnable to resolve symbol: missing",
        ),
        Sample("(/ 1 0)", error="java.lang.ArithmeticException", traceback=r"zero\n    at In.*:1$"),
        Sample("(let [x] x)", error="CompilerException", traceback=r"In\[\d+\]:1:1"),
        Sample("(class *e)", result=r"clojure\.lang\.Compiler\$CompilerException"),
    ),
    "syntax error": (
        Sample(
            "(println 1)\n(+ 1",
            stdout="",
            error="CompilerException",
            traceback=r"Syntax error reading source at \(In\[\d+\]:2:\d+\)\.\nEOF while reading",
        ),
        Sample("(println 1)\n)", stdout="", error="CompilerException", traceback=r"In\[\d+\]:2"),
    ),
    "unclosed string": (Sample('(println "hello', stdout="", error="CompilerException"),),
    "stderr": (Sample('(binding [*out* *err*] (println "careful"))', stderr="careful\n"),),
    "stdin": (
        Sample(
            "(doseq [line (line-seq (java.io.BufferedReader. *in*))] (println (str line line)))",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            '(print "Name? ")\n(println (.toUpperCase (read-line)))',
            stdout=r"Name\? ADA\n",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample(
            '(def n (atom 1))\n(println "running")\n(while true (swap! n inc))',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("(> @n 1)", result="true"),
        Sample(
            '(println "running")\n@(promise)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample(
            '(println "running")\n(count (range))',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("@(future (+ 1 1))", result="2"),
    ),
    "unicode": (
        Sample(
            '(def größe "žluťoučký 🐎 日本語")\n(prn größe)\n(.codePointCount größe 0 16)',
            stdout='"žluťoučký 🐎 日本語"\n',
            result="15",
        ),
        Sample(
            '(throw (Exception. "příliš 🐎"))', error="java.lang.Exception", traceback="příliš 🐎"
        ),
    ),
    "rich output": (
        Sample('(html "<b>bold</b>")', result=".*bold.*", mime="text/html"),
        Sample('(display "text/html" "<b>hello</b>")', mime="text/html"),
        Sample('(def id (display (markdown "*one*")))\n(update-display id (markdown "two"))\nnil'),
    ),
    "exit": (
        Sample('(def kept 1)\n(print "bye")\n(System/exit 3)', stdout="bye", error="ExitCode"),
        Sample("kept", error="CompilerException"),
    ),
    "crash": (
        Sample(
            '(.exec (Runtime/getRuntime) (into-array ["sh" "-c" "kill -KILL $PPID"]))\n@(promise)',
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("(defn answer [] 1)\n(defn reply [] (answer))\nnil"),
        Sample("(defn answer [] 42)\nnil"),
        Sample("(reply)", result="42"),
    ),
    "deep recursion": (
        Sample("(defn down [n] (inc (down n)))\n(down 0)", error="java.lang.StackOverflowError"),
        Sample("(+ 1 1)", result="2"),
    ),
}
