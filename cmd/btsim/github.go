package main

import (
	"fmt"
	"strings"
)

// GitHub reads workflow commands from what a step prints, one a line; what would
// end a command, or a property of it, is written as in URLs.
var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// annotation is the command that shows a failure beside the change.
func annotation(v *verdict) string {
	property := func(text string) string { return githubProperty.Replace(printable(text)) }
	place := ""
	if v.file != "" {
		place = "file=" + property(v.file) + ","
	}
	text := githubText.Replace(printable(strings.TrimSuffix(v.details(), "\n")))
	return fmt.Sprintf("::error %stitle=%s::%s\n", place, property(v.group+", "+v.name), text)
}
