# Plots: a device of files, opened where a cell draws and closed at its end. A page is shown when
# the next one begins, and the last one when the cell ends.

plots <- new.env()
plots$opened <- integer() # our devices that are open
plots$count <- 0L

PLOT_FORMATS <- c("image/png" = "png", "image/svg+xml" = "svg", "image/jpeg" = "jpeg")

open_plot_device <- function(...) {
  wanted <- getOption("jupyter.plot_mimetypes", "image/png")
  format <- c(PLOT_FORMATS[intersect(wanted, names(PLOT_FORMATS))], "png")[[1]]
  plots$count <- plots$count + 1L
  name <- sprintf("kernel-runner-plot-%05d-%%04d.%s", plots$count, format)
  file <- file.path(tempdir(), name)
  width <- getOption("repr.plot.width", 7)
  height <- getOption("repr.plot.height", 7)
  size <- getOption("repr.plot.pointsize", 12)
  resolution <- getOption("repr.plot.res", 120)
  if (format == "svg") {
    grDevices::svg(file, width, height, size, onefile = FALSE)
  } else {
    # cairo draws without a display server.
    open <- if (format == "png") grDevices::png else grDevices::jpeg
    open(file, width, height, units = "in", pointsize = size, res = resolution, type = "cairo")
  }
  plots$opened <- c(plots$opened, grDevices::dev.cur())
}

# Shows the pages that are finished: a page's file is written when it is.
show_pages <- function() {
  if (plots$count == 0L || current$id == 0L) {
    return(invisible())
  }
  files <- list.files(tempdir(), "^kernel-runner-plot-", full.names = TRUE)
  for (file in sort(files[file.size(files) > 0])) {
    data <- readBin(file, "raw", file.size(file))
    unlink(file)
    mime <- names(PLOT_FORMATS)[PLOT_FORMATS == tools::file_ext(file)]
    send_bundle("display", stats::setNames(list("[a plot]", data), c("text/plain", mime)))
  }
}

close_plot_devices <- function() {
  if (length(plots$opened) == 0L) {
    return(invisible())
  }
  # A cell may have closed it and opened another under its number.
  ours <- intersect(plots$opened, grDevices::dev.list())
  for (device in ours[names(grDevices::dev.list())[match(ours, grDevices::dev.list())] %in%
    c("png", "svg", "jpeg")]) {
    grDevices::dev.off(device)
  }
  plots$opened <- integer()
  show_pages()
}

prepare_plots <- function() {
  options(device = open_plot_device)
  # After the new page has begun, the one before is on the disk.
  setHook("plot.new", show_pages)
  setHook("grid.newpage", show_pages)
}
