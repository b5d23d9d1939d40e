## Ends a cell that was not interrupted: shows its value and figures, and answers.

function conclude ()
  fflush (stdout);
  fflush (stderr);
  failure = kernel_runner.state ("failure");
  if (isempty (failure))
    if (kernel_runner.state ("valued"))
      kernel_runner.hold_value ("after");
    endif
    kernel_runner.show_held ("result");
  else
    kernel_runner.show_held ("stream");
  endif
  try
    kernel_runner.show_figures ();
  catch err
    fprintf (stderr, "error: %s\n", err.message);
    fflush (stderr);
  end_try_catch
  kernel_runner.forget_input ();
  id = kernel_runner.state ("id");
  if (isempty (failure))
    kernel_runner.reply ("K", id, "{}");
  else
    kernel_runner.reply ("X", id, failure{:});
  endif
  kernel_runner.state ("id", 0);
endfunction
