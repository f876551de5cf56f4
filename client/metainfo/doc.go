// Package metainfo reads and writes .torrent files: BEP 3, with multiple trackers (BEP 12), private torrents (BEP 27)
// and pad files (BEP 47). Hybrid torrents (BEP 52) are read by their v1 half.
//
// Bytes go in and values come out; no file is touched. A .torrent file comes from strangers, so everything in it has a
// limit and is checked once, here. What Parse returns can be used without further checks: offsets are contiguous,
// the number of pieces is right, and every path stays inside the download directory, on every operating system.
//
// # File names
//
// The same torrent has the same file names everywhere, hence names are made safe for Linux, macOS and Windows together:
//
//   - "..", ".", an empty name, a path separator or NUL inside a name make the torrent invalid: nobody makes these by
//     accident.
//   - Characters which Windows refuses (< > : " | ? *), control characters and bytes which are not UTF-8 become "_".
//   - A dot or space at the end, which Windows would drop, becomes "_".
//   - Device names of Windows (CON, com1.txt) get a "_" in front.
//   - Names over 255 bytes are cut and end in a hash of the whole name, before the extension: "long… (89abcdef).mkv".
//   - Of two files whose paths differ at most in case or Unicode normalisation, the later one in the torrent gets its
//     index in the torrent: "Readme (7).txt". The same is done to a file which bears the name of a directory and to a
//     directory which bears the name of a file.
//   - Of two directories which so differ, the spelling of the first is used for both.
//
// Each renaming is told in MetaInfo.Notes.
package metainfo
