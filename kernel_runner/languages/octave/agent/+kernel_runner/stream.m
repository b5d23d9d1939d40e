## The stream of NAME, opened on PATH where it is not open: a cell may have said fclose ("all").

function fid = stream (name, path, mode)
  fid = kernel_runner.state (name);
  if (isempty (fid) || ! strcmp (fopen (fid), path))
    fid = fopen (path, mode);
    kernel_runner.state (name, fid);
  endif
endfunction
