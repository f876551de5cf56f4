package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// The elements of a JUnit report, in the order and with the attributes that all
// of its dialects know: one test suite, with a test case for each verdict.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string      `xml:"name,attr"`
		ClassName string      `xml:"classname,attr"`
		Time      string      `xml:"time,attr"` // real seconds
		Failure   *junitFault `xml:"failure"`   // an expectation or an oracle
		Error     *junitFault `xml:"error"`     // the run was broken off
		Output    string      `xml:"system-out"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"` // the rule
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the report that CI systems show as a table of tests.
func writeJUnit(w io.Writer, verdicts []verdict) error {
	suite := junitSuite{Name: "btsim", Tests: len(verdicts)}
	var took time.Duration
	for i := range verdicts {
		v := &verdicts[i]
		took += v.took
		c := junitCase{
			Name: printable(v.name), ClassName: printable("btsim." + v.group),
			Time: seconds(v.took), Output: printable(v.figures),
		}
		switch {
		case v.broken:
			suite.Errors++
			c.Error = v.fault()
		case v.rule != "":
			suite.Failures++
			c.Failure = v.fault()
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Time = seconds(took)
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

func (v *verdict) fault() *junitFault {
	return &junitFault{Message: printable(headline(v.failures)), Type: printable(v.rule), Text: "\n" + printable(v.details())}
}

// details is all that failed, and how to see it again.
func (v *verdict) details() string {
	if v.replay == "" {
		return v.failures
	}
	return v.failures + "again: " + v.replay + "\n"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
