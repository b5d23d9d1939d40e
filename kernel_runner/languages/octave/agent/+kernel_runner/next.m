## The Octave agent: evaluates cells in this Octave.  See kernel_runner/session/frames.py.
##
## Octave's own prompt runs the cells: a pipe as standard input holds one line (prime.m), a loop that
## asks this function for what is to be sourced, and sources it.  So a cell stands at the top level,
## and no warning names a function of the agent.  An interrupt, which no code can catch, leaves the
## loop; recover () leaves the line once more.  While a cell runs, the terminal is standard input.
##
## The functions are in a package, and what they know is in one that is locked (state.m), so that
## neither `clear all` nor a cell's own names touch them.

## Whether there is a file to source, state ("file"): the next part of a cell.
function more = next ()
  more = true;
  if (kernel_runner.state ("id") && isempty (kernel_runner.state ("parts")))
    kernel_runner.conclude ();
    if (prompt_is_due ())
      more = false;
      return;
    endif
  endif
  kernel_runner.attach_terminal ();
  while (isempty (kernel_runner.state ("parts")))
    wait_for_cell ();
  endwhile
  parts = kernel_runner.state ("parts");
  kernel_runner.state ("parts", parts(2:end));
  if (kernel_runner.state ("valued") && numel (parts) == 1)
    kernel_runner.hold_value ("before");
  endif
  kernel_runner.write_cell (parts{1});
endfunction

## Only after a prompt Octave looks at the functions' files again, which takes longer than most cells.
function due = prompt_is_due ()
  due = time () - kernel_runner.state ("prompted") > 0.2;
endfunction

function wait_for_cell ()
  request = kernel_runner.receive ();
  kernel_runner.state ("failures", 0);
  if (isempty (request))
    kernel_runner.state ("leaving", true);
    builtin ("quit", 0, "force");
  endif
  handle (request);
  if (kernel_runner.state ("id") && isempty (kernel_runner.state ("parts")))
    kernel_runner.conclude (); # there was nothing to source
  endif
endfunction

function handle (request)
  switch (request.type)
    case "E"
      begin_cell (request);
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

function begin_cell (request)
  code = request.fields{1};
  name = ["/jupyter_cell.In[" request.fields{2} "]"];
  kernel_runner.state ("file", [kernel_runner.state("folder") name]);
  kernel_runner.state ("code", code);
  kernel_runner.state ("held", "");
  kernel_runner.state ("valued", false);
  kernel_runner.state ("parts", {});
  kernel_runner.state ("failure", {});
  kernel_runner.state ("id", request.id);
  kernel_runner.reply ("B", request.id);
  if (regexp (request.fields{5}, '"expression": ?true'))
    show_expression (request);
  elseif (any (code == 0))
    message = "parse error:\n\n  a NUL character is not Octave";
    kernel_runner.state ("failure", {"Octave:parse-error", message, ["error: " message]});
  else
    kernel_runner.plot_magic (code);
    [parts, expression] = kernel_runner.split_cell (code);
    kernel_runner.state ("expression", expression);
    kernel_runner.state ("valued", ! isempty (expression));
    kernel_runner.state ("parts", parts);
  endif
endfunction

function show_expression (request)
  try
    value = kernel_runner.in_base (request.fields{1});
    text = strtrim (evalc ("disp (value)"));
    kernel_runner.mark ();
    kernel_runner.reply ("D", request.id, "result", "", "", "text/plain", text);
  catch err
    kernel_runner.state ("failure", kernel_runner.describe_error (err));
  end_try_catch
endfunction

## There are no comms here: what is opened is closed.
function refuse_comm (request)
  kernel_runner.reply ("B", request.id);
  if (request.type == "O")
    kernel_runner.reply ("L", request.id, request.fields{1}, "{}", "{}");
  endif
  kernel_runner.reply ("K", request.id);
endfunction
