package tracker

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Target is where a tracker is, as its announce URL says.
type Target struct {
	UDP  bool       // asked by datagrams (BEP 15), else by HTTP or HTTPS
	Host string     // a name or an address, without brackets
	Addr netip.Addr // the address that Host is; zero when it is a name
	Port uint16
	// URLData is the path and query of the URL of a UDP tracker, "" if it says
	// no more than any (BEP 41).
	URLData string
}

// ErrScheme says that trackers of this kind are not spoken to.
var ErrScheme = errors.New("neither an http, https nor udp address")

// errNoPort says that the URL of a UDP tracker lacks a port: there is none by
// default.
var errNoPort = errors.New("no port")

// ParseTarget reads an announce URL.
func ParseTarget(announce string) (Target, error) {
	t, err := parseTarget(announce)
	if err != nil {
		return Target{}, fmt.Errorf("announce URL %q: %w", announce, err)
	}
	return t, nil
}

func parseTarget(announce string) (t Target, err error) {
	u, err := url.Parse(announce)
	if err != nil {
		return t, errors.Unwrap(err) // without the URL, which is named already
	}
	port := ""
	switch strings.ToLower(u.Scheme) {
	case "http":
		port = "80"
	case "https":
		port = "443"
	case "udp":
		t.UDP = true
		t.URLData = urlData(u)
	default:
		return t, ErrScheme
	}
	if t.Host = u.Hostname(); t.Host == "" {
		return t, errors.New("no host")
	}
	if p := u.Port(); p != "" {
		port = p
	}
	if port == "" {
		return t, errNoPort
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return t, fmt.Errorf("port %q is not within 1 to 65535", port)
	}
	t.Port = uint16(n)
	// A zone is kept in Host, and dialled as it is.
	if addr, err := netip.ParseAddr(t.Host); err == nil {
		t.Addr = addr.Unmap()
	}
	return t, nil
}

// urlData is what BEP 41 sends of a URL. Every tracker is at /announce, or has
// no path: nothing is said then.
func urlData(u *url.URL) string {
	data := u.EscapedPath()
	if u.RawQuery != "" {
		data += "?" + u.RawQuery
	}
	if data == "/announce" || data == "/" {
		return ""
	}
	return data
}
