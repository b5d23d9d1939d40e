"""Services: daemons beside a kernel, declared in a file, owned by the kernel."""
