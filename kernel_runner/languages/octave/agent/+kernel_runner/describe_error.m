## An error's name, message and traceback, as Octave's console shows it, without the agent's frames.

function failure = describe_error (err)
  folder = [kernel_runner.state("folder") "/jupyter_cell."];
  message = strrep (err.message, folder, "");
  name = err.identifier;
  if (strncmp (message, "parse error", 11))
    name = "Octave:parse-error";
  elseif (isempty (name))
    name = "error";
  endif
  traceback = {["error: " message]};
  ## Of a runaway recursion the end is enough.
  frames = own_frames (err.stack, folder);
  for frame = frames(1:min (end, 20))'
    where = "";
    if (strncmp (frame.file, folder, numel (folder)))
      where = frame.file(numel (folder)+1:end);
    endif
    if (strcmp (frame.name, frame.file) || isempty (where))
      place = strrep (frame.name, folder, "");
    else
      place = [frame.name " in " where];
    endif
    traceback{end+1} = sprintf ("    %s at line %d column %d", place, frame.line, frame.column);
  endfor
  if (numel (traceback) > 1)
    traceback = [traceback(1), {"error: called from"}, traceback(2:end)];
  endif
  failure = {name, message, strjoin(traceback, "\n")};
endfunction

## The frames down to the cell's own.
function frames = own_frames (stack, folder)
  last = find (strncmp ({stack.file}, folder, numel (folder)), 1, "last");
  if (isempty (last))
    last = 0;
  endif
  frames = stack(1:last);
  frames = frames([frames.line] > 0);
endfunction
