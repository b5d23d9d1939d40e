# Completion, inspection, completeness.

MATCHES <- 500L

complete <- function(request) {
  offset <- as.integer(as_text(request$fields[[2]]))
  before <- as_text(utils::head(request$fields[[1]], offset))
  line <- sub(".*\n", "", before)
  found <- tryCatch(complete_line(line), error = function(e) NULL)
  token <- found$token
  matches <- utils::head(found$matches, MATCHES)
  start <- offset - nchar(token, "bytes")
  do.call(reply, c(list("C", request$id, start, offset), as.list(matches)))
}

# By the functions that R's own console uses.
complete_line <- function(line) {
  end <- nchar(line)
  utils <- asNamespace("utils")
  utils$.assignLinebuffer(line)
  utils$.assignEnd(end)
  utils$.guessTokenFromLine()
  utils$.completeToken()
  start <- utils$.CompletionEnv[["start"]]
  list(token = substr(line, start + 1L, end), matches = utils$.retrieveCompletions())
}

inspect <- function(request) {
  offset <- as.integer(as_text(request$fields[[2]]))
  before <- as_text(utils::head(request$fields[[1]], offset))
  after <- as_text(utils::tail(request$fields[[1]], -offset))
  name <- paste0(
    regmatches(before, regexpr("[[:alnum:]._:]*$", before)),
    regmatches(after, regexpr("^[[:alnum:]._]*", after))
  )
  text <- tryCatch(describe_name(name), error = function(e) "")
  if (nzchar(text)) {
    reply("I", request$id, "text/plain", text)
  } else {
    reply("I", request$id)
  }
}

describe_name <- function(name) {
  parts <- strsplit(name, ":::?")[[1]]
  help <- if (length(parts) == 2L) {
    value <- getExportedValue(parts[1], parts[2])
    help_text(parts[2], parts[1])
  } else {
    if (!exists(name, globalenv())) {
      return("")
    }
    value <- get(name, globalenv())
    if (exists(name, globalenv(), inherits = FALSE)) "" else help_text(name)
  }
  if (nzchar(help)) {
    return(help)
  }
  paste(utils::capture.output(utils::str(value)), collapse = "\n")
}

help_text <- function(topic, package = NULL) {
  pages <- eval(bquote(utils::help(.(topic), package = .(package), help_type = "text")))
  if (length(pages) == 0L) {
    return("")
  }
  page <- asNamespace("utils")$.getHelpFile(pages[1])
  text <- utils::capture.output(tools::Rd2txt(page, options = list(underline_titles = FALSE)))
  paste(gsub("_\b", "", text, fixed = TRUE), collapse = "\n")
}

check_completeness <- function(request) {
  text <- as_text(request$fields[[1]])
  status <- tryCatch(
    {
      parse(text = text, keep.source = FALSE)
      "complete"
    },
    error = function(e) {
      unfinished <- "unexpected (end of input|INCOMPLETE_STRING)"
      if (grepl(unfinished, conditionMessage(e))) "incomplete" else "invalid"
    }
  )
  reply("P", request$id, status, if (status == "incomplete") indent_after(text) else "")
}

indent_after <- function(text) {
  line <- sub(".*\n", "", sub("[[:space:]]+$", "", text))
  indent <- regmatches(line, regexpr("^ *", line))
  if (grepl("[{(\\[]$", line, perl = TRUE)) paste0(indent, "  ") else indent
}
