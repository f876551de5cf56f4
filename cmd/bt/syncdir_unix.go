//go:build unix

package main

import (
	"errors"
	"os"
)

// syncDir makes durable which names a directory has.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
