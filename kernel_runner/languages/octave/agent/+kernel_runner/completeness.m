## Whether CODE is complete: as the parser says it, with and without more behind it.

function status = completeness (code)
  status = "complete";
  if (parses (code, ""))
    return;
  endif
  status = "invalid";
  for closer = {"'", "\"", "1"}
    if ((closer{1} == "1" || any (code == closer{1})) && parses (code, closer{1}))
      status = "incomplete";
      return;
    endif
  endfor
  for closer = {"end", "endfunction", "end_try_catch", "until true", ")", "]", "}", "1"}
    for depth = 1:3
      if (parses (code, repmat (["\n" closer{1}], 1, depth)))
        status = "incomplete";
        return;
      endif
    endfor
  endfor
endfunction

function ok = parses (code, more)
  file = [tempname(kernel_runner.state ("folder")) ".m"];
  output = fopen (file, "wb");
  fwrite (output, [code more "\n"]);
  fclose (output);
  ok = true;
  try
    __parse_file__ (file);
  catch
    ok = false;
  end_try_catch
  unlink (file);
endfunction
