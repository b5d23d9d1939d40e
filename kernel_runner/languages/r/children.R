# Programs that cells start with system() and system2(): while one runs, R does not hear an
# interrupt, and the cell would go on after it.

prepare_children <- function() {
  for (name in c("system", "system2")) replace_in_base(name, heeding(get(name, baseenv())))
}

# The function, ending with the interrupt that came while it ran.
heeding <- function(original) {
  wrapper <- function() {
    call <- sys.call()
    call[[1L]] <- original
    Sys.sleep(0) # hears an interrupt that R itself has noticed
    value <- withVisible(eval(call, parent.frame()))
    Sys.sleep(0)
    if (was_interrupted(value$value)) interrupt()
    if (value$visible) value$value else invisible(value$value)
  }
  formals(wrapper) <- formals(original)
  wrapper
}

# The kernel sends S after the signal; nothing else comes while a cell runs. Where the status may be
# that of a program that died of SIGINT, S may still be on its way.
was_interrupted <- function(status) {
  if (current$id == 0L) {
    return(FALSE)
  }
  requests <- suppressWarnings(fifo("/dev/fd/3", "rb", blocking = FALSE))
  on.exit(close(requests))
  for (look in seq_len(if (is_of_interrupt(status)) 10L else 1L)) {
    header <- readLines(requests, 1L)
    if (length(header)) {
      return(startsWith(header, "S "))
    }
    if (is_of_interrupt(status)) Sys.sleep(0.005)
  }
  FALSE
}

# The status of one that was killed by signal 2, or whose shell says so. An exit code of 2 looks the
# same.
is_of_interrupt <- function(status) is.numeric(status) && length(status) == 1L && status %in% c(2, 130)

interrupt <- function() {
  signalCondition(structure(class = c("interrupt", "condition"), list(message = "", call = NULL)))
  invokeRestart("abort")
}
