package loop

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// A port can only be used by one process. A variable that dev passes to all services, and to a
// service's old and new process at once, must not name a port to listen on: with
// DEBUG_ADDR=localhost:6060 only the first process could start. unshared sets the port to 0
// instead, and omits PORT, which dev itself sets.
//
// These variables are recognized by name and value: an address of this machine under a name whose
// words are all about listening (LISTEN_ADDR, PPROF_PORT), or an address of all interfaces under
// any name of an address. REDIS_ADDR=localhost:6379 is the address of another program.

func unshared(env []string) []string {
	var kept []string
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		if strings.EqualFold(name, "PORT") {
			continue
		}
		if free, ok := freePortOf(name, value); ok {
			v = name + "=" + free
		}
		kept = append(kept, v)
	}
	return kept
}

// sharedAddresses are the variables that unshared changes.
func sharedAddresses(env []string) (names []string) {
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		if _, ok := freePortOf(name, value); ok {
			names = append(names, v)
		}
	}
	return names
}

var (
	listening = []string{"LISTEN", "BIND", "DEBUG", "PPROF", "METRICS", "PROMETHEUS", "ADMIN", "HEALTH", "PROBE", "HTTP", "HTTPS", "GRPC"}
	addresses = []string{"ADDR", "ADDRESS", "LISTEN", "BIND"}
)

// freePortOf returns the value with port 0 if the variable is an address to listen at, and whether
// it is.
func freePortOf(name, value string) (string, bool) {
	words := strings.Split(strings.ToUpper(name), "_")
	last := words[len(words)-1]
	allListen := true
	for _, word := range words {
		allListen = allListen && (slices.Contains(listening, word) || slices.Contains(addresses, word) || word == "PORT" && len(words) > 1)
	}
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		if last == "PORT" && allListen && isPort(value) {
			return "0", true
		}
		return "", false
	}
	if !isPort(port) || !slices.Contains(addresses, last) {
		return "", false
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && addr.IsUnspecified():
	case allListen && (strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()):
	default:
		return "", false
	}
	return net.JoinHostPort(host, "0"), true
}

// isPort reports whether the text is a port other than 0, which any number of processes can ask
// for.
func isPort(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && strings.Trim(text, "0") != ""
}
