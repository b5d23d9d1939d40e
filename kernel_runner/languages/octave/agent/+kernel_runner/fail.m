## Takes note of the error that has ended the cell.

function fail ()
  err = lasterror ();
  kernel_runner.state ("parts", {});
  code = kernel_runner.state ("code");
  file = kernel_runner.state ("file");
  kernel_runner.hold_value ("restore");
  if (! strcmp (err.message, ["source: error sourcing file '" file "'"]))
    kernel_runner.state ("failure", kernel_runner.describe_error (err));
    return;
  endif
  ## That is all that source () says of a parse error.
  try
    check_syntax (code, file);
  catch err
    kernel_runner.state ("failure", kernel_runner.describe_error (err));
    return;
  end_try_catch
  ## The last line was no statement of its own, and nothing was run yet.
  kernel_runner.state ("valued", false);
  kernel_runner.state ("parts", {code});
endfunction

function check_syntax (code, file)
  if (regexp (code, '^\s*([%#][^\n]*\n\s*)*function\>'))
    code = ["1;" code]; # or it would be taken for a function's file
  endif
  kernel_runner.write_cell (code);
  __parse_file__ (file);
endfunction
