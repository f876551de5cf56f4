// Package scenarios runs whole swarms of real clients in a simulated internet:
// scenarios are plain data, oracles watch every byte, and the same seed gives
// the same run.
package scenarios
