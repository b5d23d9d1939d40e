# The R agent: evaluates cells in this R. See kernel_runner/session/frames.py.
#
# R reads this file as its user profile and never comes back from it: the cells' R is one that
# waits for its first line of input, with /dev/tty as its console, so that scan() and
# readLines(stdin()) read what the person types. It is not R's interactive mode, in which a
# segmentation fault would ask the person what to do.
#
# All functions live in an environment of their own whose parent is base: whatever a cell defines
# or removes does not touch them. Interrupts are suspended but while a cell's code runs.

local(
  {
    agent <- environment()
    folder <- dirname(Sys.getenv("R_PROFILE_USER"))
    for (file in c(
      "frames.R", "display.R", "widgets.R", "plots.R", "evaluate.R", "assist.R", "children.R",
      "namespace.R", "console.R"
    )) {
      sys.source(file.path(folder, file), agent, keep.source = FALSE)
    }
    rm(file)

    # A jump to R's top level would leave the loop: a browser's Q does that.
    serve <- function() {
      on.exit(resume())
      suspendInterrupts(repeat handle(receive()))
    }

    resume <- function() {
      if (current$id > 0L) finish_interrupted()
      serve()
    }

    handle <- function(request) {
      switch(
        request$type,
        E = evaluate_cell(request),
        C = complete(request),
        I = inspect(request),
        P = check_completeness(request),
        O = , M = , L = refuse_comm(request),
        Q = quit("no", runLast = TRUE)
      )
    }

    prepare_console()
    reply("R", 0L, paste(R.version$major, R.version$minor, sep = "."))
    serve()
  },
  envir = new.env(parent = baseenv())
)
