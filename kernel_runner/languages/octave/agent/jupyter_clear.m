## -*- texinfo -*-
## @deftypefn {} {} jupyter_clear (@var{wait})
## Clear the cell's output; with @var{wait}, when there is new output.
## @end deftypefn

function jupyter_clear (wait = false)
  kernel_runner.mark ();
  kernel_runner.reply ("U", kernel_runner.state ("id"), num2str (double (wait)));
endfunction
