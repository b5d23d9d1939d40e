\ Runs a file with its arguments, and ends with it: 1 where it has failed.
next-arg included bye
