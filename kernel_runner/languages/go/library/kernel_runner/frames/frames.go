// Package frames is the way from a cell's program to the kernel: frames on a pipe of their own,
// as kernel_runner/session/frames.py describes them, and marks in standard output that tell
// where among the text something is to be shown.
package frames

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// The variable holds the pipe's descriptor and its inode. A child of the program inherits the
// variable but not the pipe, and the descriptor may then be anything: hence the inode.
const variable = "KERNEL_RUNNER_DISPLAY"

const mark = "\x1b_kernel-runner\x1b\\"

var (
	lock sync.Mutex
	pipe = open()
)

func open() *os.File {
	number, inode, found := strings.Cut(os.Getenv(variable), ":")
	fd, err := strconv.Atoi(number)
	if !found || err != nil {
		return nil
	}
	var status syscall.Stat_t
	if syscall.Fstat(fd, &status) != nil || strconv.FormatUint(uint64(status.Ino), 10) != inode {
		return nil
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "display")
}

// Send sends a frame of this type, behind all that was printed before. It reports false where
// no kernel listens.
func Send(kind string, fields ...string) bool {
	if pipe == nil {
		return false
	}
	var frame strings.Builder
	frame.WriteString(kind + " 0")
	for _, field := range fields {
		frame.WriteString(" " + strconv.Itoa(len(field)))
	}
	frame.WriteString("\n")
	for _, field := range fields {
		frame.WriteString(field)
	}
	lock.Lock()
	defer lock.Unlock()
	os.Stdout.WriteString(mark)
	_, err := pipe.WriteString(frame.String())
	return err == nil
}
