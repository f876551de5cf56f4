package scenarios

import (
	_ "embed"
	"slices"
)

// The file is made of the types of this package, of their comments, and of the
// tables of verbs, checks and so on, by TestSchema -update; the test fails when it
// is not what they say.
//
//go:embed scenario.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 7, which editors know) of scenario files.
func Schema() []byte { return slices.Clone(schema) }
