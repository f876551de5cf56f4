package main

import (
	"errors"
	"strconv"
)

// port is a flag for a TCP port; 0 is any that is free.
type port uint16

// Set implements pflag.Value.
func (p *port) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return errors.New("not a number from 0 to 65535")
	}
	*p = port(n)
	return nil
}

// String implements pflag.Value. The default is described in words.
func (p *port) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.Itoa(int(*p))
}

// Type implements pflag.Value.
func (*port) Type() string { return "PORT" }
