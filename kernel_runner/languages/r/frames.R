# Frames on fds 3 and 4.

MARK <- "\033_kernel-runner\033\\"

# R cannot close fds 3 and 4: these are second openings, made again where a cell has closed them
# with closeAllConnections().
streams <- new.env()

connection <- function(name, path, mode) {
  opened <- streams[[name]]
  # Numbers are used again; this one has an identity of its own.
  if (!is.null(opened) && tryCatch(isOpen(opened), error = function(e) FALSE)) {
    return(opened)
  }
  streams[[name]] <- file(path, mode, raw = TRUE)
  streams[[name]]
}

as_bytes <- function(field) {
  if (is.raw(field)) {
    return(field)
  }
  charToRaw(enc2utf8(paste(as.character(field), collapse = "\n")))
}

reply <- function(type, id, ...) {
  fields <- lapply(list(...), as_bytes)
  header <- paste(c(type, id, lengths(fields)), collapse = " ")
  out <- connection("answers", "/dev/fd/4", "wb")
  writeBin(c(charToRaw(paste0(header, "\n")), unlist(fields)), out)
  flush(out)
}

# A request: its type, id and fields (raw).
receive <- function() {
  requests <- connection("requests", "/dev/fd/3", "rb")
  header <- readLines(requests, 1L)
  if (length(header) == 0L) quit("no")
  words <- strsplit(header, " ", fixed = TRUE)[[1]]
  fields <- lapply(as.integer(words[-(1:2)]), function(n) readBin(requests, "raw", n))
  list(type = words[1], id = as.integer(words[2]), fields = fields)
}

as_text <- function(bytes) {
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8"
  text
}

# Where in stdout a display belongs: stdout itself, whatever sink() has done to R's.
write_mark <- function() {
  writeBin(charToRaw(MARK), connection("terminal", "/dev/tty", "wb"))
  flush(streams$terminal)
}

# JSON of lists, strings, numbers and truth values.
to_json <- function(value) {
  if (is.null(value)) {
    return("null")
  }
  if (is.list(value) && !is.null(names(value))) {
    members <- paste0(quote_json(names(value)), ": ", vapply(value, to_json, ""))
    return(paste0("{", paste(members, collapse = ", "), "}"))
  }
  if (is.list(value) || length(value) != 1L) {
    return(paste0("[", paste(vapply(value, to_json, ""), collapse = ", "), "]"))
  }
  if (is.na(value)) {
    return("null")
  }
  if (is.logical(value)) {
    return(if (value) "true" else "false")
  }
  if (is.numeric(value)) {
    return(format(value, digits = 15L))
  }
  quote_json(as.character(value))
}

quote_json <- function(text) {
  text <- gsub("\\", "\\\\", enc2utf8(text), fixed = TRUE)
  text <- gsub("\"", "\\\"", text, fixed = TRUE)
  text <- gsub("\n", "\\n", text, fixed = TRUE)
  text <- gsub("\r", "\\r", text, fixed = TRUE)
  text <- gsub("\t", "\\t", text, fixed = TRUE)
  paste0("\"", gsub("[[:cntrl:]]", " ", text), "\"")
}
