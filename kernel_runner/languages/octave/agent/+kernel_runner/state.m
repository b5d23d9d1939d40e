## What the agent knows: state (NAME) gives it, state (NAME, VALUE) sets it.

function value = state (name, new)
  persistent known = struct ("id", 0, "leaving", false, "folder", "", "held", "", ...
                             "failures", 0, "parts", {{}}, "prompted", 0, "expression", "", ...
                             "figure_format", "png", "figure_size", [560, 420]);
  mlock ();
  if (nargin == 2)
    known.(name) = new;
  elseif (isfield (known, name))
    value = known.(name);
  else
    value = [];
  endif
endfunction
