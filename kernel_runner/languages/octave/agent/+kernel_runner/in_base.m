## The value of an expression in the cells' workspace.  As an argument it leaves ans alone, which
## evalin () with a value would set.  The cells may have a variable kernel_runner.

function value = in_base (expression)
  evalin ("base", ["builtin ('feval', 'kernel_runner.state', 'value', (" expression "));"]);
  value = kernel_runner.state ("value");
  kernel_runner.state ("value", []);
endfunction
