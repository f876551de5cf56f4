package metainfo

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// safeName returns a name of a file or directory as all systems can store it, or what is wrong with it.
func safeName(name string) (safe, wrong string) {
	switch {
	case name == "":
		return "", "a name cannot be empty"
	case name == "." || name == "..":
		return "", fmt.Sprintf("%q is not allowed", name)
	case strings.ContainsAny(name, "/\\"):
		return "", fmt.Sprintf("a path separator is not allowed in %s", quote(name))
	case strings.ContainsRune(name, 0):
		return "", fmt.Sprintf("NUL is not allowed in %s", quote(name))
	}
	// The order matters: cutting must see the final length, and must not itself make a name that is not safe.
	name = strings.Map(portable, strings.ToValidUTF8(name, "_"))
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		name = name[:len(name)-1] + "_"
	}
	if isDevice(name) {
		name = "_" + name
	}
	if len(name) > maxNameBytes {
		name = insert(name, " ("+digest(name)+")")
	}
	return name, ""
}

// portable replaces what cannot stand in a name on Windows, or does harm when printed.
func portable(r rune) rune {
	if strings.ContainsRune(`<>:"|?*`, r) || isControl(r) {
		return '_'
	}
	return r
}

// isControl is also true of the marks which reverse the direction of text: they make an .exe look like a .jpg.
func isControl(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// isDevice reports whether Windows takes name for a device: what stands before the first dot counts, in any case, less
// spaces at its end.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, port := strings.CutPrefix(base, "COM")
	if !port {
		digit, port = strings.CutPrefix(base, "LPT")
	}
	// Windows counts the superscript digits of Latin-1 as digits.
	return port && utf8.RuneCountInString(digit) == 1 && strings.Contains("0123456789¹²³", digit)
}

// insert puts a mark before the extension of a name, and shortens what is before the mark to fit maxNameBytes.
func insert(name, mark string) string {
	const longestExtension = 16 // bytes; beyond it, what follows the last dot is no extension
	extension := path.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	if stem == "" || len(extension) > longestExtension {
		stem, extension = name, ""
	}
	end := min(len(stem), maxNameBytes-len(mark)-len(extension))
	for end < len(stem) && !utf8.RuneStart(stem[end]) {
		end-- // never through the middle of a character
	}
	return stem[:end] + mark + extension
}

// digest tells apart long names which begin alike.
func digest(name string) string {
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:4])
}
