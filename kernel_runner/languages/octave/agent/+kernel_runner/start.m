## Makes this Octave ready for cells, and serves.

function start (folder)
  mlock ();
  kernel_runner.state ("folder", folder);
  page_screen_output (false);
  page_output_immediately (true);
  crash_dumps_octave_core (false);
  PS1 ("");
  PS2 ("");
  set (0, "defaultfigurevisible", "off");
  warning ("off", "Octave:gnuplot-graphics", "local");
  graphics_toolkit ("gnuplot");
  kernel_runner.reply ("R", 0, OCTAVE_VERSION ());
  kernel_runner.serve ();
endfunction
