# Says which version of Tcl this is: tclsh has no option for it.
puts [info patchlevel]
