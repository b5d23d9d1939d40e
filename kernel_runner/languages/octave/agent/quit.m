## As Octave's own, and tells the agent, which could not tell it from an interrupt.

function quit (varargin)
  fflush (stdout);
  fflush (stderr);
  kernel_runner.state ("leaving", true);
  builtin ("quit", varargin{:});
endfunction
