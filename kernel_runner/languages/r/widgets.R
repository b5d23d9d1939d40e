# Values of the packages htmlwidgets and htmltools, which their own print() shows to R's viewer or
# to a web browser.

is_widget <- function(value) inherits(value, c("htmlwidget", "shiny.tag", "shiny.tag.list"))

widget_twin <- function(value) {
  if (inherits(value, "htmlwidget")) paste0("<", class(value)[1], " widget>") else as.character(value)
}

prepare_widgets <- function() {
  show <- function(...) {
    registerS3method("print", "htmlwidget", print_widget, asNamespace("htmlwidgets"))
  }
  setHook(packageEvent("htmlwidgets", "onLoad"), show)
}

print_widget <- function(x, ...) {
  if (current$id > 0L) suspendInterrupts(send_bundle("display", bundle_of(x)))
  invisible(x)
}
