## Shows the figures that a cell has made, in their order, and closes them.

function show_figures ()
  for figure_ = sort (get (0, "children"))'
    file = fullfile (kernel_runner.state ("folder"), "figure.png");
    __gnuplot_drawnow__ (figure_, "pngcairo", file);
    close (figure_);
    input = fopen (file, "rb");
    data = fread (input, Inf, "uint8=>uint8");
    fclose (input);
    unlink (file);
    kernel_runner.mark ();
    kernel_runner.reply ("D", kernel_runner.state ("id"), "display", "", "", ...
                         "text/plain", "[a figure]", "image/png", data);
  endfor
endfunction
