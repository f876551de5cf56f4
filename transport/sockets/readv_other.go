//go:build !linux && !windows

package sockets

import "errors"

// canScatter: only of Linux it was measured what that gains.
const canScatter = false

type vectors struct{}

func (*vectors) scatter(uintptr, [][]byte) (int, error) { return 0, errors.ErrUnsupported }
