package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// savedState is what the next run wants to know of a torrent. On disk it is
//
//	bt-resume 1 SHA-256\n    in hex, of all that follows
//	HEADER\n                 JSON, see below
//	CACHE                    a piece cache, as package client has made it
type savedState struct {
	Dir      string `json:"dir"`      // where the files are; see realDir
	Name     string `json:"name"`     // for people who look into the file
	Uploaded int64  `json:"uploaded"` // bytes of payload, in all runs together; for --ratio
	cache    []byte
}

const stateMagic = "bt-resume 1 "

// errStateDamaged: torn, altered, of another version, or never a state.
var errStateDamaged = errors.New("damaged")

func (s *savedState) encode() []byte {
	header, err := json.Marshal(s)
	if err != nil {
		panic("bt: a state that cannot be JSON: " + err.Error())
	}
	rest := append(append(header, '\n'), s.cache...)
	return fmt.Appendf(nil, "%s%x\n%s", stateMagic, sha256.Sum256(rest), rest)
}

func decodeState(b []byte) (*savedState, error) {
	b, ok := bytes.CutPrefix(b, []byte(stateMagic))
	sum, rest, found := bytes.Cut(b, []byte("\n"))
	if !ok || !found || string(sum) != fmt.Sprintf("%x", sha256.Sum256(rest)) {
		return nil, errStateDamaged
	}
	header, cache, found := bytes.Cut(rest, []byte("\n"))
	s := &savedState{cache: cache}
	if err := json.Unmarshal(header, s); !found || err != nil || s.Uploaded < 0 {
		return nil, errStateDamaged
	}
	return s, nil
}
