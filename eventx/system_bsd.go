//go:build unix && !linux && !darwin

package eventx

// openSystemSink takes the local syslog.
func openSystemSink(source string) (sink, error) {
	return openSyslog([]string{"/var/run/log", "/dev/log"}, source)
}
