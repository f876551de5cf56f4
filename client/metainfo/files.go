package metainfo

import (
	"slices"
	"strconv"
	"strings"
)

// files reads the list of a torrent with many files. BEP 3: "For the purposes of the other keys, the multi-file case is
// treated as only having a single file by concatenating the files in the order they appear in the files list."
func (p *parser) files(i *Info, v value) error {
	raws, err := v.list(maxFiles)
	if err != nil {
		return err
	}
	if len(raws) == 0 {
		return invalid(v.field, "is empty")
	}
	i.Files = make([]File, len(raws))
	tree := newTree()
	for n, raw := range raws {
		file, err := p.file(raw, tree, n)
		if err != nil {
			return err
		}
		file.Offset = i.Length
		if i.Length, err = addSize(i.Length, file.Length, raw.field); err != nil {
			return err
		}
		i.Files[n] = file
	}
	return nil
}

// file reads the n-th entry of the list and gives it its place in the tree.
func (p *parser) file(v value, tree *tree, n int) (File, error) {
	d, err := v.dict()
	if err != nil {
		return File{}, err
	}
	attr, err := attributes(d)
	if err != nil {
		return File{}, err
	}
	var f File
	f.Pad = strings.Contains(attr, "p")
	link := strings.Contains(attr, "l")
	if f.Length, err = fileLength(d, link); err != nil {
		return File{}, err
	}
	if f.Pad {
		f.Path, err = padPath(d, f.Length)
		return f, err
	}
	if link {
		// A link could lead out of the directory, or make two paths one file: none is made.
		p.note("%s is a symbolic link; an empty file is stored instead", v.field)
	}
	asked, safe, err := filePath(d)
	if err != nil {
		return File{}, err
	}
	f.Path = tree.place(safe, n)
	if !slices.Equal(asked, f.Path) {
		p.note("%s: %s is stored as %s", v.field, quote(strings.Join(asked, "/")), quote(strings.Join(f.Path, "/")))
	}
	return f, nil
}

// fileLength reads the length. BEP 47: "The length of a symlink is always zero […] but clients implementing with this
// BEP should not require their presence on symlink files".
func fileLength(d dict, link bool) (int64, error) {
	v, ok := d.get("length")
	if !ok && link {
		return 0, nil
	}
	if !ok {
		return 0, invalid(v.field, "missing")
	}
	n, err := size(v)
	if err == nil && link && n != 0 {
		err = invalid(v.field, "%d bytes for a symbolic link, which has none", n)
	}
	return n, err
}

// padPath returns the path of a pad file. BEP 47: "clients implementing this BEP should not require it to be present on
// padding files" and "The recommended path is [".pad", "N"] where N is the length of the padding file in base10."
func padPath(d dict, length int64) ([]string, error) {
	_, plain := d.get("path")
	_, utf8 := d.get("path.utf-8")
	if !plain && !utf8 {
		return []string{".pad", strconv.FormatInt(length, 10)}, nil
	}
	_, safe, err := filePath(d)
	return safe, err
}

// attributes reads BEP 47: "A variable-length string. When present the characters each represent a file attribute."
func attributes(d dict) (string, error) {
	v, ok := d.get("attr")
	if !ok {
		return "", nil
	}
	return v.text()
}

// filePath returns the path as it stands in the torrent and its safe form. BEP 3: "A list of UTF-8 encoded strings
// corresponding to subdirectory names, the last of which is the actual file name (a zero length list is an error case)."
func filePath(d dict) (asked, safe []string, err error) {
	v, err := preferUTF8(d, "path")
	if err != nil {
		return nil, nil, err
	}
	parts, err := v.list(maxPathParts)
	if err != nil {
		return nil, nil, err
	}
	if len(parts) == 0 {
		return nil, nil, invalid(v.field, "is empty")
	}
	total := 0
	for _, part := range parts {
		name, err := part.text()
		if err != nil {
			return nil, nil, err
		}
		clean, wrong := safeName(name)
		if wrong != "" {
			return nil, nil, invalid(part.field, "%s", wrong)
		}
		total += len(clean) + len("/")
		asked, safe = append(asked, name), append(safe, clean)
	}
	if total > maxPathBytes {
		return nil, nil, invalid(v.field, "the path has %d bytes, more than the limit of %d", total, maxPathBytes)
	}
	return asked, safe, nil
}
