package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesEscapes has a console understand what colours text and moves the cursor,
// and says whether it does: those of before Windows 10 do not.
func takesEscapes(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
