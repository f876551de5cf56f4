//go:build !windows

package main

import "os"

// takesEscapes says whether a terminal can colour text and move its cursor.
func takesEscapes(*os.File) bool { return true }
