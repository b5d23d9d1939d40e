## Shows the text that display () has held back, as the cell's "result" or in the "stream".

function show_held (how)
  text = kernel_runner.state ("held");
  kernel_runner.state ("held", "");
  if (isempty (text))
    return;
  endif
  if (strcmp (how, "result"))
    kernel_runner.mark ();
    text = regexprep (text, '\n+$', "");
    kernel_runner.reply ("D", kernel_runner.state ("id"), "result", "", "", "text/plain", text);
  else
    fputs (stdout, text);
    fflush (stdout);
  endif
endfunction
