package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MarshalYAML and UnmarshalYAML in units.go do the scalars; this file does the
// whole.

// Encode writes a scenario as YAML, which Parse reads back to the same value.
func Encode(s Scenario) ([]byte, error) {
	b, err := yaml.MarshalWithOptions(s, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return b, nil
}

// Parse reads a scenario and checks it. The error is about the first mistake: it
// begins with line and column, names the field, and says what was found and what
// is allowed there.
func Parse(b []byte) (Scenario, error) {
	var s Scenario
	file, err := parser.ParseBytes(b, 0)
	switch {
	case err != nil:
		return Scenario{}, located(err)
	case len(file.Docs) != 1 || file.Docs[0].Body == nil:
		return Scenario{}, &posError{1, 1, errors.New("a file has one scenario, and nothing else")}
	}
	if err := checkShape(file.Docs[0].Body); err != nil {
		return Scenario{}, err
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&s); err != nil {
		return Scenario{}, located(err)
	}
	if err := s.Validate(); err != nil {
		return Scenario{}, locate(file, err)
	}
	return s, nil
}

// posError is an error at a place of the text.
type posError struct {
	line, column int
	err          error
}

func (e *posError) Error() string { return fmt.Sprintf("%d:%d: %v", e.line, e.column, e.err) }
func (e *posError) Unwrap() error { return e.err }

// at gives an error the place of a node.
func at(n ast.Node, err error) error {
	p := n.GetToken().Position
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		p = m.Values[0].Key.GetToken().Position // the token of a block is its first colon
	}
	return &posError{p.Line, p.Column, err}
}

// scalar gives the text of a node to parse.
func scalar(n ast.Node, parse func(text string) error) error {
	s, ok := n.(ast.ScalarNode)
	if !ok {
		return fmt.Errorf("a single value belongs here, not %s", kindOf(n))
	}
	return parse(fmt.Sprint(s.GetValue()))
}

// located gives the errors of the library the form of ours.
func located(err error) error {
	var theirs yaml.Error
	if errors.As(err, &theirs) && theirs.GetToken() != nil {
		p := theirs.GetToken().Position
		return &posError{p.Line, p.Column, errors.New(theirs.GetMessage())}
	}
	return err
}

// locate finds the place of what Validate complains of, or of what holds it
// when it is missing.
func locate(file *ast.File, err error) error {
	var wrong *invalid
	if !errors.As(err, &wrong) {
		return err
	}
	for path := "$." + wrong.field; path != ""; path = path[:max(strings.LastIndexAny(path, ".["), 0)] {
		p, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		if n, err := p.FilterFile(file); err == nil {
			return at(n, wrong)
		}
	}
	return err
}
