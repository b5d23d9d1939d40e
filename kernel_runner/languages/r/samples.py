"""Sample programs in R: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
repeat {
  line <- readLines(stdin(), 1)
  if (length(line) == 0) break
  cat(line, line, "\\n", sep = "")
}"""

SAMPLES = {
    "hello": (Sample('cat("hello, world\\n")', stdout="hello, world\n"),),
    "state": (
        Sample("library(stats)\nn <- 6\ntwice <- function(x) 2 * x"),
        Sample("twice(n)", result=r"\[1\] 12"),
    ),
    "value": (
        Sample("c(a = 1, b = 42)", result=" a  b \n 1 42 "),
        Sample("silent <- 1"),
        Sample("invisible(2)"),
        Sample("NULL", result="NULL"),
    ),
    "comments only": (Sample("# nothing\n\n  # at all"), Sample("")),
    "error": (
        Sample(
            "half <- function(n) {\n  if (n == 0) stop('no half')\n}\n\nhalf(0)",
            error="simpleError",
            traceback=r"half\(0\) \(from In\[\d+\]:2\): no half(?s:.*)half\(0\) at In\[\d+\]:5",
        ),
        Sample("x <- 1\n1 + 'a'", error="simpleError", traceback=r"In\[\d+\]:2"),
        Sample(
            "stop(structure(class = c('lateError', 'error', 'condition'), "
            "list(message = 'too late', call = NULL)))",
            error="lateError",
            traceback="too late",
        ),
    ),
    "warning": (
        Sample("as.integer('x')", stderr="(?s)Warning.*NAs introduced.*", result=r"\[1\] NA"),
    ),
    "top level": (
        Sample(
            "warning('careful')\nstop('no')",
            stderr="Warning: careful\n",
            error="simpleError",
            traceback=r"\AError \(from In\[\d+\]:2\): no",
        ),
    ),
    "syntax error": (
        Sample("cat(1)\nx = = 2", stdout="", error="parseError", traceback=r"In\[\d+\]:2:5"),
        Sample("'open", error="parseError", traceback="INCOMPLETE_STRING"),
        Sample("x <- '\0'", error="parseError", traceback="NUL"),
    ),
    "stdin": (
        Sample(STDIN, stdout="(?s).*oneone\n.*twotwo\n", answers=("one", "two", "\x04")),
        Sample("name <- readline('Name? ')\nname", result=r'\[1\] "Ada"', answers=("Ada",)),
    ),
    "interrupt": (
        Sample(
            "n <- 1\ncat('running\\n')\nwhile (TRUE) n <- n + 1",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n > 0", result=r"\[1\] TRUE"),
        Sample(
            "cat('asleep\\n')\nSys.sleep(60)",
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "interrupt of a child": (
        Sample(
            "kept <- 1\nstatus <- system('echo asleep; exec sleep 60')\nkept <- 2",
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept", result=r"\[1\] 1"),
        Sample("system('exit 2')\nsystem('echo out', intern = TRUE)", result=r'\[1\] "out"'),
    ),
    "IRdisplay": (
        Sample("IRdisplay::display_html('<b>hello</b>')", mime="text/html"),
        Sample("library(IRdisplay)\ndisplay_markdown('*hello*')", mime="text/markdown"),
        Sample("invisible(utils::capture.output(print(sessionInfo())))"),
    ),
    "unicode": (
        Sample("größe <- 'žluťoučký 🐎 日本語'\ncat(größe)", stdout="žluťoučký 🐎 日本語"),
        Sample("nchar(größe)", result=r"\[1\] 15"),
        Sample("stop('日本語')", error="simpleError", traceback="日本語"),
    ),
    "rich output": (
        Sample("data.frame(x = 1:2, y = c('a', 'b'))", mime="text/html", result="(?s).*1 +1 +a.*"),
        Sample("plot(1:3)\nplot(3:1)", mime="image/png"),
        Sample("display_html('<b>hello</b>')", mime="text/html"),
        Sample(
            "publish_mimebundle(list('application/json' = list(a = 1)))", mime="application/json"
        ),
    ),
    "exit": (
        Sample("kept <- 1\nquit(status = 3)", error="ExitCode", traceback="exit code 3"),
        Sample("exists('kept')", result=r"\[1\] FALSE"),
    ),
    "redefinition": (
        Sample("answer <- function() 1"),
        Sample("answer <- function() 42\nc <- paste <- cat <- list <- function(...) stop()"),
        Sample("answer()", result=r"\[1\] 42"),
        Sample("rm(list = ls())\nc(1)", result=r"\[1\] 1"),
    ),
    "deep recursion": (
        Sample(
            "deep <- function(n) deep(n + 1)\ndeep(1)",
            error="expressionStackOverflowError",
            traceback="deep",
        ),
        Sample("1", result=r"\[1\] 1"),
    ),
    "crash": (
        Sample(
            "tools::pskill(Sys.getpid(), 11)\nSys.sleep(1)",
            stderr="(?s).*caught segfault.*",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1", result=r"\[1\] 1"),
    ),
}
