## As Octave's own, but an interrupt of the command is one of the cell's, too: Octave waits for a
## command with interrupts ignored.

function varargout = system (command, varargin)
  if (nargin != 1 || nargout > 1 || ! ischar (command))
    [varargout{1:max (1, nargout)}] = builtin ("system", command, varargin{:});
    return;
  endif
  fflush (stdout);
  fflush (stderr);
  pid = fork ();
  if (pid == 0)
    exec ("/bin/sh", {"-c", command});
  elseif (pid < 0)
    error ("system: cannot start the command");
  endif
  ended = 0;
  unwind_protect
    ## An interrupt just before a waitpid () that blocks would not be seen.
    while (ended == 0)
      [ended, status] = waitpid (pid, WNOHANG ());
      if (ended == 0)
        pause (0.002);
      endif
    endwhile
  unwind_protect_cleanup
    if (ended == 0)
      kill (pid, SIG ().INT); # it may have come before the command was there
    endif
  end_unwind_protect
  if (bitand (status, 127) == 0) # else a signal ended it: WIFEXITED () takes that for an exit
    status = bitshift (status, -8);
  endif
  varargout{1} = status;
endfunction
