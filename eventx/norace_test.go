//go:build !race

package eventx

const raceEnabled = false
