## Writes the file that is sourced as the cell, so that errors have its lines.

function write_cell (code)
  output = fopen (kernel_runner.state ("file"), "wb");
  fwrite (output, [code "\n"]);
  fclose (output);
endfunction
