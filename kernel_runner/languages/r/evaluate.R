# Cells.

# What is being evaluated: the request's id (0: nothing), the cell's name, the expression.
current <- new.env()
current$id <- 0L

evaluate_cell <- function(request) {
  forget_interrupts()
  current$id <- request$id
  current$name <- sprintf("In[%s]", as_text(request$fields[[2]]))
  current$expression <- NULL
  current$calls <- NULL
  current$payload <- list()
  options <- as_text(request$fields[[5]])
  asked <- grepl("\"expression\": ?true", options)
  reply("B", request$id)
  failure <- caught(run(request$fields[[1]], asked))
  closing <- caught(close_plot_devices())
  flush(stdout())
  if (is.null(failure)) failure <- closing
  if (is.null(failure)) finish() else fail(failure)
}

finish <- function() {
  id <- current$id
  current$id <- 0L
  reply("K", id, if (length(current$payload)) to_json(list(payload = current$payload)) else "{}")
}

fail <- function(failure) {
  id <- current$id
  current$id <- 0L
  do.call(reply, c(list("X", id), failure))
}

finish_interrupted <- function() {
  fail(list("Interrupted", "The cell was left for R's top level.", ""))
}

# A SIGINT that came too late for its cell is not for the next one.
forget_interrupts <- function() {
  tryCatch(allowInterrupts(Sys.sleep(0)), interrupt = function(e) NULL)
}

# The failure of an evaluation (name, message, traceback), or NULL.
caught <- function(expr) {
  tryCatch(
    {
      withRestarts(
        {
          expr
          NULL
        },
        abort = function() list("Aborted", "The cell was aborted.", "Aborted")
      )
    },
    interrupt = function(condition) {
      list("Interrupted", "The cell was interrupted.", "Interrupted")
    },
    error = describe_error
  )
}

run <- function(code, asked) {
  expressions <- parse_cell(code)
  sources <- attr(expressions, "srcref")
  last <- length(expressions)
  for (i in seq_len(last)) {
    current$expression <- sources[[i]]
    value <- evaluate(expressions[[i]])
    if (value$visible || asked) {
      allowInterrupts(show_value(value$value, if (i == last) "result" else "display"))
    }
  }
}

evaluate <- function(expression) {
  withCallingHandlers(
    allowInterrupts(withVisible(eval(expression, globalenv()))),
    error = function(condition) current$calls <- sys.calls(),
    warning = warn_of_cell
  )
}

# A warning of the cell itself: R would name the agent's call in it.
warn_of_cell <- function(condition) {
  if (is_evaluation(conditionCall(condition)) && getOption("warn") == 1L) {
    cat("Warning: ", conditionMessage(condition), "\n", sep = "", file = stderr())
    invokeRestart("muffleWarning")
  }
}

show_value <- function(value, kind) {
  bundle <- withCallingHandlers(
    bundle_of(value),
    error = function(condition) current$calls <- NULL
  )
  if (length(bundle)) suspendInterrupts(send_bundle(kind, bundle))
}

parse_cell <- function(code) {
  if (any(code == 0L)) stop(parse_error("a NUL character is not R"))
  text <- as_text(code)
  if (!validUTF8(text)) stop(parse_error("this is not valid UTF-8"))
  lines <- strsplit(text, "\r?\n")[[1]]
  source <- srcfilecopy(current$name, lines, isFile = FALSE)
  tryCatch(
    parse(text = lines, srcfile = source, keep.source = TRUE),
    error = function(e) stop(parse_error(conditionMessage(e)))
  )
}

# As R 4.3 names it.
parse_error <- function(message) {
  structure(class = c("parseError", "error", "condition"), list(message = message, call = NULL))
}

# -- errors --------------------------------------------------------------------------------------

describe_error <- function(condition) {
  message <- tryCatch(conditionMessage(condition), error = function(e) "")
  calls <- user_calls(current$calls)
  where <- place(calls$innermost)
  call <- conditionCall(condition)
  start <- "Error"
  if (!is.null(call) && !is_evaluation(call)) start <- paste("Error in", short(call))
  if (nzchar(where) && !inherits(condition, "parseError")) {
    start <- paste0(start, " (from ", where, ")")
  }
  separator <- if (nchar(start) + nchar(message) > 77L) ":\n  " else ": "
  traceback <- c(paste0(start, separator, message), rev(describe_calls(calls$calls)))
  list(class(condition)[1], message, paste(traceback, collapse = "\n"))
}

# The cell's own calls, outermost first, without the agent's before and the handlers' behind, and
# the place where the innermost one was.
user_calls <- function(calls) {
  own <- current$expression
  first <- which(vapply(calls, is_evaluation, NA))
  if (length(first) == 0L) {
    return(list(calls = list(), innermost = own))
  }
  calls <- calls[-seq_len(first[1] + 1L)] # eval() is two calls
  innermost <- innermost_source(calls)
  calls <- calls[-length(calls)]
  if (length(calls) && identical(calls[[length(calls)]][[1]], quote(.handleSimpleError))) {
    calls <- calls[-length(calls)]
  }
  if (length(calls) && is.null(attr(calls[[1]], "srcref"))) {
    attr(calls[[1]], "srcref") <- own
  }
  list(calls = calls, innermost = if (is.null(innermost)) own else innermost)
}

innermost_source <- function(calls) {
  for (call in rev(calls)) {
    source <- attr(call, "srcref")
    if (!is.null(source)) {
      return(source)
    }
  }
  NULL
}

is_evaluation <- function(call) identical(call, quote(eval(expression, globalenv())))

# As traceback() writes them; of a runaway recursion the beginning and the end.
describe_calls <- function(calls) {
  kept <- seq_along(calls)
  if (length(kept) > 40L) kept <- c(utils::head(kept, 10L), NA, utils::tail(kept, 20L))
  vapply(kept, function(i) {
    if (is.na(i)) {
      return("...")
    }
    where <- place(attr(calls[[i]], "srcref"))
    paste0(i, ": ", short(calls[[i]]), if (nzchar(where)) " at ", where)
  }, "")
}

short <- function(call) {
  text <- deparse(call, nlines = 2L)
  if (length(text) > 1L) paste(text[1], "...") else text
}

# In[3]:2, or name.R:2 for what was sourced.
place <- function(srcref) {
  if (is.null(srcref)) {
    return("")
  }
  paste0(basename(attr(srcref, "srcfile")$filename), ":", srcref[1])
}

refuse_comm <- function(request) {
  # There are no comms here: what is opened is closed.
  reply("B", request$id)
  if (request$type == "O") reply("L", request$id, request$fields[[1]], "{}", "{}")
  reply("K", request$id)
}
