package scenarios

// sizes are torrents whose layout is at the edge of something.
func sizes() []Scenario {
	// Every one of them is complete to the last byte. Two leeches and a seed give
	// the endgame somebody to ask twice, which wastes what is on its way.
	expect := []Expectation{
		{Check: "complete", Who: theLeech, Within: 30 * Second},
		{Check: "announces", Who: []string{"leech-1"}, Of: theTracker},
		{Check: "wasted", Who: theLeech, Bytes: 384 * KiB},
	}
	scenario := func(name, about string, t Torrent) Scenario {
		return Scenario{Name: name, About: about, Torrent: t, Actors: crowd(2), Expect: expect}
	}
	return []Scenario{
		scenario("exact-multiple", "The size is an exact multiple of the piece length.",
			Torrent{Piece: 32 * KiB, Size: 32 * 32 * KiB}),
		scenario("one-piece", "A torrent of a single piece, shorter than its piece length.",
			Torrent{Piece: 256 * KiB, Size: 100_001}),
		scenario("one-byte-torrent", "A torrent of a single byte.",
			Torrent{Piece: 16 * KiB, Size: 1}),
		scenario("bitfield-spill", "8k+1 pieces: the last one has a byte of the bitfield to itself.",
			Torrent{Piece: 16 * KiB, Size: 32*16*KiB + 1}),
		scenario("small-pieces", "Pieces shorter than a block, of an odd length.",
			Torrent{Piece: 1000, Size: 123_457}),
		scenario("odd-pieces", "Pieces that are no multiple of a block.",
			Torrent{Piece: 50_000, Size: 1_234_567}),
		scenario("many-files", "Files that end on and off piece boundaries, and empty ones first, between and last.",
			Torrent{Piece: 32 * KiB, Files: []File{
				{Path: "empty-first"},
				{Path: "whole", Size: 32768},
				{Path: "deep/down/empty"},
				{Path: "deep/whole", Size: 32768},
				{Path: "deep/off", Size: 32767},
				{Path: "one", Size: 1},
				{Path: "large", Size: 777_777},
				{Path: "empty-last"},
			}}),
	}
}
