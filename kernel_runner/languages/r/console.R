# What makes this R feel like its own console, and like IRkernel.

prepare_console <- function() {
  restore_environment()
  .First.sys() # R attaches its default packages only after the profile
  if (!l10n_info()[["UTF-8"]]) Sys.setlocale("LC_CTYPE", "C.UTF-8")
  # Warnings at once, and lines in errors.
  options(
    warn = 1L,
    keep.source = TRUE,
    pager = page,
    browser = function(url) cat(url, "\n", sep = "", file = stderr()),
    jupyter.in_kernel = TRUE,
    jupyter.rich_display = TRUE,
    jupyter.plot_mimetypes = c("text/plain", "image/png"),
    jupyter.base_display_func = function(data, metadata = NULL) {
      send_bundle("display", data, metadata)
    },
    jupyter.clear_output_func = cell_functions$clear_output
  )
  replace_in_base("readline", ask)
  prepare_plots()
  prepare_widgets()
  prepare_children()
  provide_display()
  load_profile()
}

# The agent's own settings are no business of the R that a cell starts.
restore_environment <- function() {
  Sys.unsetenv("R_PROFILE_USER")
  before <- Sys.getenv("KERNEL_RUNNER_TMPDIR")
  if (nzchar(before)) Sys.setenv(TMPDIR = before) else Sys.unsetenv("TMPDIR")
  Sys.unsetenv("KERNEL_RUNNER_TMPDIR")
}

# The person's own profile, as R would have read it in our place.
load_profile <- function() {
  for (profile in c(".Rprofile", "~/.Rprofile")) {
    if (file.exists(profile)) {
      tryCatch(
        sys.source(profile, globalenv()),
        error = function(e) message("Error in ", profile, ": ", conditionMessage(e))
      )
      break
    }
  }
}

replace_in_base <- function(name, value) {
  base <- baseenv()
  unlockBinding(name, base)
  assign(name, value, base)
  lockBinding(name, base)
}

# readline(): a prompt in the input box.
ask <- function(prompt = "") {
  if (current$id == 0L) {
    return("")
  }
  flush(stdout())
  reply("W", current$id, prompt, 0L)
  repeat {
    answer <- receive()
    if (answer$type == "A") break
  }
  if (as_text(answer$fields[[1]]) == "1") as_text(answer$fields[[2]]) else ""
}

# Help and other long texts go to the front end's pager.
page <- function(files, header = "", title = "", delete.file = FALSE) {
  lines <- unlist(lapply(files, readLines, warn = FALSE))
  if (delete.file) unlink(files)
  text <- paste(gsub("_\b", "", lines, fixed = TRUE), collapse = "\n")
  pages <- list(source = "page", data = list("text/plain" = text), start = 0L)
  current$payload <- c(current$payload, list(pages))
}
