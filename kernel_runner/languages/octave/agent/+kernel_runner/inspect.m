## What there is to say about the name at the cursor: a variable's value, or the help text.

function inspect (request)
  code = request.fields{1};
  offset = str2double (request.fields{2});
  name = [regexp(code(1:offset), '\w*$', "match", "once"), ...
          regexp(code(offset+1:end), '^\w*', "match", "once")];
  text = "";
  if (isvarname (name))
    try
      if (kernel_runner.in_base (["exist ('" name "', 'var') == 1"]))
        text = evalc (["evalin ('base', 'whos " name "')"]);
      else
        [text, format] = get_help_text (name);
        if (strcmp (format, "texinfo"))
          text = __makeinfo__ (text, "plain text");
        endif
      endif
    end_try_catch
  endif
  if (isempty (text))
    kernel_runner.reply ("I", request.id);
  else
    kernel_runner.reply ("I", request.id, "text/plain", text);
  endif
endfunction
