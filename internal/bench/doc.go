// Package bench measures this library and its peers side by side, in the same process and run. It
// is a module of its own so that the peers stay out of the library's requirements. From the
// repository's root:
//
//	go run -C internal/bench ./cmd/compare           # the table of all ratios
//	go run -C internal/bench ./cmd/compare -run ^pathx/
//	go test -C internal/bench -bench Contests/pathx  # the same work as benchmarks
//
// Each package's contests are in the file of its name.
package bench
