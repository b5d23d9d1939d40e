## octave_kernel's magic, a comment to Octave: how figures are shown from this cell on, for instance
## `%plot -f svg -s 800,400`.  There are the options --format, --size, --width, --height; it is taken
## as no error that there is --backend or --resolution, which mean nothing here.

function plot_magic (code)
  lines = regexp (code, '^\s*%plot[ \t]+(-[^\n]*)', "tokens", "lineanchors");
  for line = lines
    options = regexp (line{1}{1}, '(-\w|--\w+)[ \t=]+([^\s]+)', "tokens");
    for option = options
      [name, value] = option{1}{:};
      set_option (name, value);
    endfor
  endfor
endfunction

function set_option (name, value)
  size = kernel_runner.state ("figure_size");
  switch (name)
    case {"-f", "--format"}
      kernel_runner.state ("figure_format", lower (value));
    case {"-s", "--size"}
      size = sscanf (value, "%d,%d")';
    case {"-w", "--width"}
      size(1) = str2double (value);
    case {"-h", "--height"}
      size(2) = str2double (value);
  endswitch
  if (numel (size) == 2 && all (size > 0 & size < 1e4))
    kernel_runner.state ("figure_size", size);
  endif
endfunction
