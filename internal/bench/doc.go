// Package bench measures this library and its peers side by side, in the same
// process and run. It is a module of its own so that the peers stay out of the
// library's requirements.
package bench
