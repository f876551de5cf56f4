// Command bt downloads, seeds, makes, shows and verifies torrents.
//
//	bt demo                        watch a download between two clients on this machine
//	bt ubuntu.iso.torrent          download
//	bt seed ubuntu.iso.torrent     give it to others
//	bt help                        the rest
package main

import "os"

func main() {
	saveMemory()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
