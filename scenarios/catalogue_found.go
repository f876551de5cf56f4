package scenarios

import (
	"embed"
	"fmt"
	"path"
)

// What sweeps and generated swarms have led to, and whoever has used the client,
// as small as it gets: a file each, called like the scenario.
//
//go:embed testdata/found/*.yaml
var foundFiles embed.FS

const foundDir = "testdata/found"

// found reads the files.
func found() (list []Scenario) {
	entries, err := foundFiles.ReadDir(foundDir)
	if err != nil {
		panic("scenarios: " + err.Error()) // it is part of the program
	}
	for _, e := range entries {
		s, err := readFound(e.Name())
		if err != nil {
			panic("scenarios: " + err.Error()) // TestFound says so too
		}
		list = append(list, s)
	}
	return list
}

// readFound reads one of the files.
func readFound(name string) (Scenario, error) {
	name = path.Join(foundDir, name)
	text, err := foundFiles.ReadFile(name)
	if err != nil {
		return Scenario{}, err
	}
	s, err := Parse(text)
	if err != nil {
		return Scenario{}, fmt.Errorf("%s:%w", name, err)
	}
	return s, nil
}
