module github.com/janpfeifer/gonb

go 1.18

require kernel_runner v0.0.0
