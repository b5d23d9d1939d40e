# Values as MIME bundles, and the functions with which cells show things. Their names are those of
# the package IRdisplay, which works too where it is installed.

TABLE_ROWS <- 60L
TEXTUAL <- "^text/|svg|json|javascript"

send_bundle <- function(kind, bundle, metadata = NULL, display_id = "") {
  bundle <- Filter(Negate(is.null), bundle)
  fields <- list()
  for (mime in names(bundle)) {
    fields <- c(fields, mime, list(as_data(mime, bundle[[mime]])))
  }
  metadata <- if (length(metadata)) to_json(metadata) else ""
  write_mark()
  do.call(reply, c(list("D", current$id, kind, display_id, metadata), fields))
}

as_data <- function(mime, data) {
  if (is.list(data) && grepl("json", mime)) {
    return(to_json(data))
  }
  # Where IRdisplay has encoded a picture, it comes back as it was.
  if (is.character(data) && !grepl(TEXTUAL, mime) && requireNamespace("base64enc", quietly = TRUE)) {
    return(base64enc::base64decode(data))
  }
  data
}

# What print() writes, without its last line break; the text of a print() that fails is shown.
printed <- function(value) {
  written <- rawConnection(raw(0L), "wb")
  sink(written)
  on.exit({
    sink()
    shown <- rawConnectionValue(written)
    close(written)
    cat(as_text(shown))
  })
  if (isS4(value)) methods::show(value) else print(value)
  on.exit()
  sink()
  text <- as_text(rawConnectionValue(written))
  close(written)
  sub("\n$", "", text)
}

is_plain <- function(value) {
  is.null(value) || is.function(value) || is.language(value) || is.environment(value) ||
    (is.atomic(value) && !is.object(value) && is.null(dim(value)))
}

# A visible value's bundle; nothing where print() has shown it by other means (ggplot).
bundle_of <- function(value) {
  if (is_plain(value)) {
    return(list("text/plain" = printed(value)))
  }
  rich <- rich_forms(value)
  text <- if (is_widget(value)) widget_twin(value) else printed(value)
  if (length(rich) == 0L && text == "") {
    return(NULL)
  }
  c(list("text/plain" = text), rich)
}

rich_forms <- function(value) {
  # These are shown by their print(): a drawing, a pager.
  if (inherits(value, c("ggplot", "trellis", "recordedplot", "help_files_with_topic"))) {
    return(list())
  }
  if (requireNamespace("repr", quietly = TRUE)) {
    return(repr_forms(value))
  }
  if (is.data.frame(value) || is.matrix(value)) {
    return(list("text/html" = html_table(value)))
  }
  list()
}

repr_forms <- function(value) {
  wanted <- getOption("jupyter.display_mimetypes", names(repr::mime2repr))
  forms <- list()
  for (mime in setdiff(intersect(wanted, names(repr::mime2repr)), "text/plain")) {
    forms[[mime]] <- tryCatch(repr::mime2repr[[mime]](value), error = function(e) NULL)
  }
  # Of a table, LaTeX and Markdown would double what is sent and are shown by nobody.
  if (!is.null(forms[["text/html"]])) {
    forms[c("text/markdown", "text/latex")] <- NULL
  }
  forms
}

html_table <- function(value) {
  all_rows <- nrow(value)
  value <- utils::head(value, getOption("repr.matrix.max.rows", TABLE_ROWS))
  cells <- as.matrix(format(value))
  cells[] <- escape_html(cells)
  head <- paste0("<th>", c("", escape_html(colnames(value))), "</th>", collapse = "")
  labels <- if (is.null(rownames(value))) seq_len(nrow(value)) else rownames(value)
  rows <- vapply(seq_len(nrow(value)), function(i) {
    cells <- paste0("<td>", cells[i, ], "</td>", collapse = "")
    paste0("<tr><th scope=\"row\">", escape_html(labels[i]), "</th>", cells, "</tr>")
  }, "")
  more <- if (all_rows > nrow(value)) paste0("<p>", all_rows, " rows in all</p>") else ""
  paste0(
    "<table>\n<thead><tr>", head, "</tr></thead>\n<tbody>\n", paste(rows, collapse = "\n"),
    "\n</tbody>\n</table>\n", more
  )
}

escape_html <- function(text) {
  text <- gsub("&", "&amp;", text, fixed = TRUE)
  text <- gsub("<", "&lt;", text, fixed = TRUE)
  gsub(">", "&gt;", text, fixed = TRUE)
}

# -- for cells -----------------------------------------------------------------------------------

cell_functions <- new.env()

local(
  {
    publish_mimebundle <- function(data, metadata = NULL, display_id = "", update = FALSE) {
      send_bundle(if (update) "update" else "display", data, metadata, display_id)
      invisible()
    }

    display <- function(obj, ..., mimetypes = NULL, metadata = NULL, display_id = "") {
      publish_mimebundle(prepare_mimebundle(obj, mimetypes)$data, metadata, display_id)
    }

    update_display <- function(obj, display_id, metadata = NULL) {
      publish_mimebundle(prepare_mimebundle(obj)$data, metadata, display_id, update = TRUE)
    }

    prepare_mimebundle <- function(obj, mimetypes = NULL, ...) {
      data <- bundle_of(obj)
      if (!is.null(mimetypes)) data <- data[intersect(names(data), c("text/plain", mimetypes))]
      list(data = data, metadata = NULL)
    }

    clear_output <- function(wait = TRUE) {
      write_mark()
      reply("U", current$id, as.integer(wait))
      invisible()
    }

    # display_html("<b>text</b>") or display_png(file = "name.png"), and so on.
    display_as <- function(mime) {
      force(mime)
      function(data = NULL, file = NULL, metadata = NULL) {
        if (!is.null(file)) {
          data <- readBin(file, "raw", file.size(file))
        }
        twin <- if (is.character(data)) data else paste0("[", mime, "]")
        publish_mimebundle(stats::setNames(list(twin, data), c("text/plain", mime)), metadata)
      }
    }
    display_html <- display_as("text/html")
    display_markdown <- display_as("text/markdown")
    display_latex <- display_as("text/latex")
    display_javascript <- display_as("application/javascript")
    display_json <- display_as("application/json")
    display_svg <- display_as("image/svg+xml")
    display_png <- display_as("image/png")
    display_jpeg <- display_as("image/jpeg")
    display_pdf <- display_as("application/pdf")
    rm(display_as)
  },
  envir = cell_functions
)
