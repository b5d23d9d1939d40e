## Forgets what the cell has not read, which would be commands for the prompt, and the end of the
## file: once the C library has seen one, it reads no more, and only kbhit () clears that.

function forget_input ()
  dup2 (kernel_runner.stream ("nothing", "/dev/null", "r"), stdin);
  fread (stdin);
  kernel_runner.attach_terminal (); # kbhit () wants one; it does not wait
  kbhit (1);
endfunction
