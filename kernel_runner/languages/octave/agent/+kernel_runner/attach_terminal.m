## Makes the terminal standard input, so that input () and all else reads what the person types.

function attach_terminal ()
  dup2 (kernel_runner.stream ("terminal", "/dev/tty", "r"), stdin);
  fclear (stdin);
endfunction
