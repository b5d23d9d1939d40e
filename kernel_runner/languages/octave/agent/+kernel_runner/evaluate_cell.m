## Evaluates a cell: a file that is sourced, so that errors have its lines.

function evaluate_cell (request)
  kernel_runner.state ("id", request.id);
  kernel_runner.state ("held", "");
  file = fullfile (kernel_runner.state ("folder"), ["In[" request.fields{2} "]"]);
  kernel_runner.reply ("B", request.id);
  failure = {};
  try
    if (regexp (request.fields{5}, '"expression": ?true'))
      show_expression (request);
    else
      run_cell (file, request.fields{1});
    endif
  catch err
    failure = kernel_runner.describe_error (err, file);
  end_try_catch
  fflush (stdout);
  fflush (stderr);
  if (isempty (failure))
    kernel_runner.show_held ("result");
  else
    kernel_runner.show_held ("stream");
  endif
  try
    kernel_runner.show_figures ();
  catch err
    fprintf (stderr, "error: %s\n", err.message);
  end_try_catch
  if (isempty (failure))
    kernel_runner.reply ("K", request.id, "{}");
  else
    kernel_runner.reply ("X", request.id, failure{:});
  endif
  kernel_runner.state ("id", 0);
endfunction

function run_cell (file, code)
  if (any (code == 0))
    error ("Octave:parse-error", "parse error:\n\n  a NUL character is not Octave");
  endif
  check_syntax (file, code);
  [start, expression] = last_expression (code);
  if (isempty (expression))
    source_lines (file, code);
    return;
  endif
  source_lines (file, code(1:start-1));
  before = take_ans (expression);
  lines = repmat ("\n", 1, sum (code(1:start-1) == "\n"));
  source_lines (file, [lines expression ";"]);
  hold_value (expression, before);
endfunction

function source_lines (file, code)
  write_file (file, code);
  evalin ("base", ["source ('" strrep(file, "'", "''") "');"]);
endfunction

function write_file (file, code)
  output = fopen (file, "wb");
  fwrite (output, [code "\n"]);
  fclose (output);
endfunction

## source () only says that there was an error, so this comes first.
function check_syntax (file, code)
  if (regexp (code, '^\s*([%#][^\n]*\n\s*)*function\>'))
    code = ["1;" code]; # or it would be taken for a function's file
  endif
  write_file (file, code);
  __parse_file__ (file);
endfunction

## The value of the last expression, shown as Octave shows it: a variable's, or ans.
function hold_value (expression, before)
  name = "ans";
  if (isvarname (expression) && is_variable (expression))
    name = expression;
  endif
  if (is_variable (name))
    text = evalc (["evalin ('base', 'display (" name ")');"]);
    kernel_runner.state ("held", text);
  endif
  if (! isempty (before) && ! is_variable ("ans"))
    assignin ("base", "ans", before{1});
  endif
endfunction

function yes = is_variable (name)
  yes = kernel_runner.in_base (["exist ('" name "', 'var') == 1"]);
endfunction

## Takes ans away, so that it tells whether an expression has a value; {} where it stays.
function before = take_ans (expression)
  before = {};
  if (isempty (regexp (expression, '\<ans\>')) && is_variable ("ans"))
    before = {kernel_runner.in_base("ans")};
    evalin ("base", "clear ans");
  endif
endfunction

function show_expression (request)
  value = kernel_runner.in_base (request.fields{1});
  text = strtrim (evalc ("disp (value)"));
  kernel_runner.mark ();
  kernel_runner.reply ("D", request.id, "result", "", "", "text/plain", text);
endfunction

## The last statement, if it is an expression whose value is to be shown, and where it starts.
function [start, expression] = last_expression (code)
  start = 0;
  expression = "";
  code = regexprep (code, '\s+$', "");
  if (regexp (code, '^\s*[%#]\{\s*$', "once", "lineanchors"))
    return; # a block comment
  endif
  ends = [0, find(code == "\n")];
  ## More lines than these are no expression that somebody has written.
  for start = fliplr (ends(max (1, end - 20):end)) + 1
    text = regexprep (code(start:end), '\s*[%#][^\n''"]*$', "");
    if (isempty (strtrim (text)))
      code = code(1:start-2); # a comment
    elseif (numel (text) < 1e4 && parses (text))
      if (! any (text(end) == ";,") && ! is_assignment (text) && parses (["(" text ")"]))
        expression = strtrim (text);
      endif
      return;
    endif
  endfor
endfunction

function yes = is_assignment (text)
  target = '(\[[^\]]*\]|[A-Za-z_]\w*(\.\w+|\([^=]*?\)|\{[^=]*?\})*)';
  operator = '\s*([-+*/^|&]|\.[*/^])?=(?!=)';
  yes = ! isempty (regexp (text, ['^\s*' target operator])) || ! isempty (regexp (text, '(\+\+|--)$'));
endfunction

function ok = parses (code)
  ok = true;
  try
    eval (["if (false)\n" code "\nendif;"]);
  catch
    ok = false;
  end_try_catch
endfunction
