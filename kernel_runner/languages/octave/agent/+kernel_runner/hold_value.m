## The value of a cell's last expression, held back as Octave shows it: a variable's, or that of ans,
## which is taken away "before" the expression is evaluated, so that it tells "after" it whether
## there is a value.  "restore" gives ans back where it got none.

function hold_value (when)
  expression = strtrim (kernel_runner.state ("expression"));
  if (strcmp (when, "before"))
    kernel_runner.state ("before", {});
    if (isempty (regexp (expression, '\<ans\>', "once")) && is_variable ("ans"))
      kernel_runner.state ("before", {kernel_runner.in_base("ans")});
      evalin ("base", "builtin ('clear', 'ans')");
    endif
    return;
  endif
  if (strcmp (when, "after"))
    show ("ans");
    if (isvarname (expression))
      show (expression);
    endif
  endif
  before = kernel_runner.state ("before");
  if (! isempty (before))
    if (! is_variable ("ans"))
      assignin ("base", "ans", before{1});
    endif
    kernel_runner.state ("before", {});
  endif
endfunction

## No function is called: its name may be that of a variable of the cell's.
function show (name)
  if (is_variable (name))
    kernel_runner.state ("held", kernel_runner.in_base (["builtin ('evalc', '" name "')"]));
  endif
endfunction

function yes = is_variable (name)
  yes = kernel_runner.in_base (["builtin ('exist', '" name "', 'var')"]);
endfunction
