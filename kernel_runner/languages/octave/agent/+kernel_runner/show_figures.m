## Shows the figures that a cell has made, in their order, and closes them.

function show_figures ()
  for figure_ = sort (get (0, "children"))'
    show (figure_);
    close (figure_);
  endfor
endfunction

function show (figure_)
  mime = "image/png";
  terminal = "pngcairo";
  if (strcmp (kernel_runner.state ("figure_format"), "svg"))
    mime = "image/svg+xml";
    terminal = "svg";
  endif
  place = get (figure_, "position");
  if (isequal (place, get (0, "defaultfigureposition"))) # else the cell has chosen its size
    set (figure_, "position", [place(1:2), kernel_runner.state("figure_size")]);
  endif
  file = [kernel_runner.state("folder") "/figure"];
  __gnuplot_drawnow__ (figure_, terminal, file);
  input = fopen (file, "rb");
  data = fread (input, Inf, "uint8=>uint8");
  fclose (input);
  unlink (file);
  kernel_runner.mark ();
  kernel_runner.reply ("D", kernel_runner.state ("id"), "display", "", "", ...
                       "text/plain", "[a figure]", mime, data);
endfunction
