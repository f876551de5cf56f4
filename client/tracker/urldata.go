package tracker

// The options of an announce over UDP (BEP 41).
const (
	optionEnd     = 0x0 // nothing follows
	optionNOP     = 0x1 // a byte without meaning, and without a length
	optionURLData = 0x2 // a length of one byte, and so many bytes

	// maxURLData bounds path and query of a UDP tracker's URL, in bytes: the
	// datagram has to pass whole, and a passkey takes 50.
	maxURLData = 1024
)

// appendURLData appends options which carry the path and the query of the
// announce URL. What does not fit into one option goes on in the next, and the
// tracker puts it together. What is too long is left out: part of a passkey is
// none.
func appendURLData(dst []byte, data string) []byte {
	if data == "" || len(data) > maxURLData {
		return dst
	}
	for len(data) > 0 {
		n := min(len(data), 255)
		dst = append(append(dst, optionURLData, byte(n)), data[:n]...)
		data = data[n:]
	}
	return append(dst, optionEnd)
}

// parseURLData reads it from the options of an announce, as far as they make
// sense. Other options are passed over by their length.
func parseURLData(options []byte) string {
	var data []byte
	for len(options) > 0 && options[0] != optionEnd {
		if options[0] == optionNOP {
			options = options[1:]
			continue
		}
		if len(options) < 2 || len(options) < 2+int(options[1]) {
			break
		}
		end := 2 + int(options[1])
		if options[0] == optionURLData && len(data)+end-2 <= maxURLData {
			data = append(data, options[2:end]...)
		}
		options = options[end:]
	}
	return string(data)
}
