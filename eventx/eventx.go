// Package eventx brings a service's log/slog events into the log of the system
// that it runs on, where operators look: the Windows Event Log, systemd's
// journal, or syslog.
//
// What goes wrong with an event log otherwise: Event Viewer says "The
// description for Event ID 7 from source X cannot be found"; an address like
// fe80::1%12, a NUL or 32,000 characters lose the event or break its reader; a
// full log or a hung daemon stops the service; and a flood of events buries the
// one that mattered. Here every event is readable, with a registered source or
// without; what can't be written is counted and said; and logging does not wait
// for the log.
//
//	h, err := eventx.NewHandler("orders", nil) // Warn and up
//	if err != nil {
//		return err
//	}
//	defer h.Close()
//	slog.New(h).Error("payment service unreachable", eventx.ID(2001), "host", host, "err", err)
//
// [Health] writes a service's changes of state under IDs that are the same for
// every service, so that one view, made by [CustomView], follows many of them;
// [Query] reads events back.
//
// # Windows
//
// Events go to the log that the source is registered with. [Install] registers
// it, which needs administrator rights once; writing needs none. Event Viewer
// shows the message and, below it, one attribute a line:
//
//	payment service unreachable
//	host=pay.example.com
//	err=dial tcp: i/o timeout
//
// A source that was never installed writes to the Application log, under the ID
// 3299 of a message file that every Windows has, with its own ID as an
// attribute; [Status] says so. Text over 31,000 UTF-16 units is cut.
//
// # Linux
//
// Events go to journald by its native protocol: attributes are fields with
// upper-case names, an ID is EVENT_ID=2001 and a MESSAGE_ID, the source is
// SYSLOG_IDENTIFIER, so that journalctl -t orders EVENT_ID=2001 finds them.
// Where there is no journald they go to /dev/log, where there is neither, as in
// most containers, to standard error.
//
// # macOS and BSD
//
// On the BSDs events go to the local syslog. macOS has no log that a program
// without cgo can write to (golang.org/issue/59229): they go to standard error.
package eventx
