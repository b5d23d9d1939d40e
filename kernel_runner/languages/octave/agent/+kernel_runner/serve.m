## The Octave agent: evaluates cells in this Octave.  See kernel_runner/session/frames.py.
##
## An interrupt leaves all functions for Octave's prompt; no code can catch it, but what stands in
## unwind_protect_cleanup is run.  So the agent leaves a line for the prompt to read, which calls it
## again: standard input is then a pipe with that line, and else the terminal (prime.m).
##
## The functions are in a package, and what they know is in one that is locked (state.m), so that
## neither `clear all` nor a cell's own names touch them.

function serve ()
  unwind_protect
    kernel_runner.attach_terminal ();
    while (true)
      request = kernel_runner.receive ();
      kernel_runner.state ("failures", 0);
      if (isempty (request))
        kernel_runner.state ("leaving", true);
        builtin ("quit", 0, "force");
      endif
      handle (request);
    endwhile
  unwind_protect_cleanup
    if (! kernel_runner.state ("leaving"))
      recover ();
      give_up_if_broken ();
      kernel_runner.prime ();
    endif
  end_unwind_protect
endfunction

function handle (request)
  switch (request.type)
    case "E"
      kernel_runner.evaluate_cell (request);
    case "C"
      kernel_runner.complete (request);
    case "I"
      kernel_runner.inspect (request);
    case "P"
      status = kernel_runner.completeness (request.fields{1});
      kernel_runner.reply ("P", request.id, status, "");
    case {"O", "M", "L"}
      refuse_comm (request);
  endswitch
endfunction

## There are no comms here: what is opened is closed.
function refuse_comm (request)
  kernel_runner.reply ("B", request.id);
  if (request.type == "O")
    kernel_runner.reply ("L", request.id, request.fields{1}, "{}", "{}");
  endif
  kernel_runner.reply ("K", request.id);
endfunction

## What fails before it has a request will fail again.
function give_up_if_broken ()
  failures = kernel_runner.state ("failures") + 1;
  kernel_runner.state ("failures", failures);
  if (failures > 3)
    kernel_runner.state ("leaving", true);
    builtin ("quit", 70, "force");
  endif
endfunction

function recover ()
  id = kernel_runner.state ("id");
  if (id)
    fflush (stdout);
    fflush (stderr);
    kernel_runner.reply ("X", id, "Interrupted", "The cell was interrupted.", "Interrupted");
    kernel_runner.state ("id", 0);
    close ("all");
  endif
endfunction
