## Completes a name, or a struct's fields.

function complete (request)
  offset = str2double (request.fields{2});
  before = request.fields{1}(1:offset);
  word = regexp (before, '[A-Za-z_][\w.]*$', "match", "once");
  dot = find (word == ".", 1, "last");
  matches = {};
  if (! isempty (dot))
    matches = fields_of (word(1:dot-1), word(dot+1:end));
    word = word(dot+1:end);
  elseif (! isempty (word))
    names = regexprep (cellstr (completion_matches (word)), "[\\0 ]+$", "");
    mine = kernel_runner.in_base ("who ()");
    matches = unique ([mine(strncmp (mine, word, numel (word))); names(! strcmp (names, ""))]);
  endif
  kernel_runner.reply ("C", request.id, num2str (offset - numel (word)), num2str (offset), ...
                       matches{:});
endfunction

function matches = fields_of (object, prefix)
  matches = {};
  try
    names = kernel_runner.in_base (["fieldnames (" object ")"]);
    matches = names(strncmp (names, prefix, numel (prefix)));
  end_try_catch
endfunction
