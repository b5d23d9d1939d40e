## What follows on the loop's end (next.m): an interrupt, or nothing special.

function recover ()
  if (kernel_runner.state ("leaving"))
    return;
  endif
  id = kernel_runner.state ("id");
  kernel_runner.state ("parts", {});
  fflush (stdout);
  fflush (stderr);
  if (id)
    try
      kernel_runner.hold_value ("restore");
      kernel_runner.show_held ("stream");
      close ("all");
    end_try_catch
  else
    give_up_if_broken ();
  endif
  kernel_runner.forget_input ();
  kernel_runner.prime ();
  if (id)
    kernel_runner.reply ("X", id, "Interrupted", "The cell was interrupted.", "Interrupted");
    kernel_runner.state ("id", 0);
  endif
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
