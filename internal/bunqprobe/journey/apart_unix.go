//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart puts a command into a process group of its own: a Ctrl-C of the terminal then reaches it
// once, through us, and not twice, which would make it drop the call that it is in.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
