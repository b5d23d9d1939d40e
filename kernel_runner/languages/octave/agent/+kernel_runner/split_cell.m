## The parts of a cell that are sourced one after the other: the last of them is the expression whose
## value is to be shown, if the cell ends with one, on its lines.

function [parts, expression] = split_cell (code)
  [start, expression] = last_expression (code);
  if (isempty (expression))
    parts = {code};
    return;
  endif
  before = code(1:start-1);
  parts = {[before(before == "\n"), expression, ";"]};
  if (any (! isspace (before)))
    parts = [{before}, parts];
  endif
endfunction

## The last expression, and where its line starts.
function [start, expression] = last_expression (code)
  start = 0;
  expression = "";
  if (regexp (code, '^\s*[%#]\{\s*$', "once", "lineanchors"))
    return; # a block comment
  endif
  code = regexprep (code, '\s+$', "");
  ends = [0, find(code == "\n")];
  ## More lines than these are no expression that somebody has written.
  for start = ends(end:-1:max (1, end - 20)) + 1
    text = regexprep (code(start:end), '\s*[%#][^\n''"]*$', "");
    if (all (isspace (text)))
      code = code(1:start-2); # a comment
    elseif (numel (text) > 1e4 || any (text(end) == ";,") || is_statement (text))
      return;
    elseif (is_expression (text))
      expression = text;
      return;
    endif
  endfor
endfunction

function yes = is_statement (text)
  target = '(\[[^\]]*\]|[A-Za-z_]\w*(\.\w+|\([^=]*?\)|\{[^=]*?\})*)';
  operator = '\s*([-+*/^|&]|\.[*/^])?=(?!=)';
  yes = ! isempty (regexp (text, ['^\s*((end|until)|' target operator ')'], "once")) ...
        || ! isempty (regexp (text, '(\+\+|--)$', "once"));
endfunction

## Parsed as a whole, so that nothing of it is run.
function ok = is_expression (text)
  ok = true;
  try
    eval (["if (false), @() (" text "); endif;"]);
  catch
    ok = false;
  end_try_catch
endfunction
