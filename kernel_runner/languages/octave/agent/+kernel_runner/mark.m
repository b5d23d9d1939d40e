## Marks the place in stdout where a display belongs.

function mark ()
  fputs (stdout, "\033_kernel-runner\033\\");
  fflush (stdout);
endfunction
