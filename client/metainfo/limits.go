package metainfo

// What a stranger may ask of us. All are well above what honest torrents need, and low enough that the worst torrent
// costs seconds and some hundred megabytes at most.
const (
	// maxTorrent bounds the whole .torrent file, and with it all that is in it. A torrent at both maxPieces and
	// maxFiles takes about 60 MB.
	maxTorrent = 64 << 20

	// maxDepth bounds nested lists and dictionaries. v1 needs 5; the file tree of a hybrid torrent nests a dictionary
	// for each directory.
	maxDepth = 64

	// maxKeys bounds the keys of one dictionary which we look into; none has more than about 20.
	maxKeys = 1 << 10

	// maxPieceLength is beyond any use: a piece must be whole before any of it can be shared.
	maxPieceLength = 512 << 20

	// maxPieces keeps a bitfield within 256 KiB, which peers accept as a message.
	maxPieces = 1 << 21

	// maxFiles is about what directories and people can bear.
	maxFiles = 1 << 17

	// maxPathParts and maxPathBytes leave room, in the 4096 bytes of a path on Linux, for the directory the user
	// downloads to. The 1024 of macOS are not enforced everywhere because of one system; it refuses to create the file.
	maxPathParts = 64
	maxPathBytes = 2048

	// maxNameBytes is what one name may have on all usual filesystems.
	maxNameBytes = 255

	// maxTrackers and maxURL bound what is kept of the announce list; the largest lists in the wild have hundreds.
	maxTrackers = 1000
	maxURL      = 2048

	// maxNotes bounds the remarks; the others are counted.
	maxNotes = 100
)
