## -*- texinfo -*-
## @deftypefn  {} {} jupyter_display (@var{mime}, @var{data})
## @deftypefnx {} {} jupyter_display (@dots{}, @var{id})
## @deftypefnx {} {} jupyter_display (@dots{}, @var{id}, "update")
## Show @var{data} of the MIME type @var{mime} below the cell, for instance
## @code{jupyter_display ("text/html", "<b>text</b>")}.  What has an @var{id} can be updated.
## @end deftypefn

function jupyter_display (mime, data, id = "", kind = "display")
  twin = "";
  if (ischar (data))
    twin = data;
  else
    twin = ["[" mime "]"];
  endif
  kernel_runner.show_held ("stream");
  kernel_runner.mark ();
  kernel_runner.reply ("D", kernel_runner.state ("id"), kind, id, "", ...
                       "text/plain", twin, mime, data);
endfunction
