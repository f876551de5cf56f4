package metainfo

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// tree holds the paths given so far, as a filesystem would which counts neither case nor Unicode normalisation. There
// two paths could be one file, and one would overwrite the other; on Linux alone nobody would ever notice.
type tree struct {
	root node
	fold cases.Caser
}

// node is a file or a directory.
type node struct {
	name     string
	dir      bool
	children map[string]*node // by key
	stand    *node            // of a file: the directory which had to get another name because of it
}

func newTree() *tree { return &tree{fold: cases.Fold()} }

// place gives file n of the torrent its path: the one asked for, unless it clashes with that of an earlier file.
func (t *tree) place(asked []string, n int) []string {
	at := &t.root
	given := make([]string, len(asked))
	for i, name := range asked {
		if i == len(asked)-1 {
			at = t.file(at, name, n)
		} else {
			at = t.directory(at, name, n)
		}
		given[i] = at.name
	}
	return given
}

// file adds a file to a directory.
func (t *tree) file(in *node, name string, n int) *node {
	if in.children[t.key(name)] != nil {
		name = t.unused(in, name, n)
	}
	return t.add(in, &node{name: name})
}

// directory finds or adds a directory.
func (t *tree) directory(in *node, name string, n int) *node {
	found := in.children[t.key(name)]
	switch {
	case found == nil:
		return t.add(in, &node{name: name, dir: true})
	case found.dir:
		return found
	case found.stand == nil:
		found.stand = t.add(in, &node{name: t.unused(in, name, n), dir: true})
	}
	return found.stand
}

// unused returns a name like name which is not taken. It tries names which end in n; since n differs from file to file,
// all the tries of a torrent together fail no more often than it has files, however it is made.
func (t *tree) unused(in *node, name string, n int) string {
	mark := fmt.Sprintf(" (%d)", n)
	for try := 2; ; try++ {
		candidate := insert(name, mark)
		if in.children[t.key(candidate)] == nil {
			return candidate
		}
		mark = fmt.Sprintf(" (%d-%d)", n, try)
	}
}

func (t *tree) add(in, n *node) *node {
	if in.children == nil {
		in.children = make(map[string]*node)
	}
	in.children[t.key(n.name)] = n
	return n
}

// key is equal for names which some filesystem may take for the same: it folds case, decomposes characters, and leaves
// out invisible ones, which HFS+ ignores.
func (t *tree) key(name string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	return norm.NFD.String(t.fold.String(norm.NFD.String(visible)))
}
