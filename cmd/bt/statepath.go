package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"bt/client/metainfo"
)

// homeVariable names the directory for all that bt remembers. It is for tests,
// and for who carries bt along on a stick.
const homeVariable = "BT_HOME"

// stateHome is the directory for what bt remembers from run to run: $BT_HOME,
// else "bt" in the system's directory for such things, which on Linux is
// $XDG_STATE_HOME or ~/.local/state.
func stateHome() (string, error) {
	if home := os.Getenv(homeVariable); home != "" {
		return filepath.Abs(home)
	}
	// Without a home directory the path is relative: it would litter whatever
	// directory bt was started in.
	if !filepath.IsAbs(xdg.StateHome) {
		return "", errors.New("there is no home directory to keep state in; name one in " + homeVariable)
	}
	return filepath.Join(xdg.StateHome, "bt"), nil
}

// dirHashLen is how many bytes of a directory's hash are in the name of a state.
// Should two collide, the state says which directory it is of.
const dirHashLen = 4

// statePath is the state of a torrent in a directory, without a suffix. The same
// torrent may be downloaded to two places.
func statePath(home string, hash metainfo.Hash, dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(home, "resume", fmt.Sprintf("%v-%s", hash, hex.EncodeToString(sum[:dirHashLen])))
}

// realDir makes a path absolute and free of symbolic links, so that a directory
// has one name, the same before and after it was created.
func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	missing := ""
	for at := abs; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, missing), nil
		}
		if filepath.Dir(at) == at {
			return abs, nil
		}
		missing = filepath.Join(filepath.Base(at), missing)
	}
}
