module kernel_runner

go 1.18
