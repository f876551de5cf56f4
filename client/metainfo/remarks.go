package metainfo

import (
	"strings"
	"time"
	"unicode"
)

// lastYear is the first moment of the year 10000, which texts of times, such as RFC 3339, cannot express.
const lastYear = 253402300800

// remark reads a text for people. Nothing depends on it, so one that is bad is only noted.
func (p *parser) remark(top dict, key string) string {
	v, ok := top.get(key)
	if !ok {
		return ""
	}
	s, err := v.text()
	if err != nil {
		p.note("%s is ignored: not a string", key)
	}
	return strings.ToValidUTF8(s, string(unicode.ReplacementChar))
}

// created reads the creation date: seconds since 1970, which no BEP defines and nearly every torrent has.
func (p *parser) created(top dict) time.Time {
	v, ok := top.get("creation date")
	if !ok {
		return time.Time{}
	}
	n, err := v.integer()
	if err != nil || n < 0 || n >= lastYear {
		p.note("creation date is ignored: not a time")
		return time.Time{}
	}
	if n == 0 { // what programs write that do not want to say
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
