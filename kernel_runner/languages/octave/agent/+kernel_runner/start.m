## Makes this Octave ready for cells, and leaves the line for the first.

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
  shadow_cells ();
  kernel_runner.reply ("R", 0, OCTAVE_VERSION ());
  kernel_runner.prime ();
endfunction

## source () of jupyter_cell.In[3] looks first whether there is a function jupyter_cell already.  It
## finds this one, which is not from that file, so it reads the file, whatever its time and wherever
## it is; else it would look into all the load path's folders, which takes longer than most cells.
function shadow_cells ()
  eval ("function jupyter_cell (), mlock (); end");
  jupyter_cell ();
endfunction
