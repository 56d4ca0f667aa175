// Package eventx writes a service's log/slog events to the system's log, where operators look for
// them: the Windows Event Log, systemd's journal, or syslog.
//
// Event logs have several pitfalls. Event Viewer says "The description for Event ID 7 from source X
// cannot be found". An address like fe80::1%12, a NUL or 32,000 characters lose the event or break
// its reader. A full log or a hung daemon blocks the service. A flood of events buries the
// important one. With eventx every event is readable, whether or not its source is registered;
// events that can't be written are counted and reported; and logging never blocks on the system
// log.
//
//	h, err := eventx.NewHandler("orders", nil) // Warn and up
//	if err != nil {
//		return err
//	}
//	defer h.Close()
//	slog.New(h).Error("payment service unreachable", eventx.ID(2001), "host", host, "err", err)
//
// [Health] logs a service's changes of state under IDs that are the same for every service, so that
// one view, created by [CustomView], covers many services. [Query] reads events back. [SetDefault]
// also redirects package log.
//
// # What is stored
//
// Values are formatted as by [slog.TextHandler], but without quotes. Two kinds of text can't be
// stored unchanged; [Query] restores the original of both:
//
//   - A message or value that a log can't show (with control characters or invalid UTF-8) is
//     written as a Go string literal: "\x1b[31mred\x1b[0m". Line ends in it are kept.
//   - In the Windows Event Log, an invisible U+200B is inserted after a '%' before a digit, '%' or
//     '{', because every reader would expand %1 as an insertion code, and there is no escape. So in
//     the URL https://host/a%20b, a%20b is stored as a%, U+200B, 20b. Text copied from Event Viewer
//     contains that character, and a search in an exported log has to use a part without the '%'.
//     journald and syslog get the text unchanged.
//
// # Windows
//
// Events go to the log that the source is registered with. [Install] registers the source, which
// requires administrator rights once; writing does not. Event Viewer shows the message followed by
// one attribute per line:
//
//	payment service unreachable
//	host=pay.example.com
//	err=dial tcp: i/o timeout
//
// Events of a source that is not installed go to the Application log under the ID 3299, which is in
// a message file that every Windows has, with their own ID as an attribute; [Status] reports this.
// Text longer than 31,000 UTF-16 units is cut. An event that is written more than a second late has
// its time in the attribute event_time.
//
// # Linux
//
// Events go to journald in its native protocol. Attributes become fields with upper-case names, an
// ID becomes EVENT_ID=2001 and a MESSAGE_ID, and the source becomes SYSLOG_IDENTIFIER, so that
// journalctl -t orders EVENT_ID=2001 finds the event. A key that is not a valid field name is
// encoded, as 用户 in the field U7528_U6237, and listed in EVENT_KEYS. Without journald, events go to
// /dev/log; without either, as in most containers, to standard error. The settings LogNamespace=
// and RestartMode=debug of a systemd unit are honoured.
//
// # macOS and BSD
//
// On the BSDs events go to the local syslog. On macOS they go to standard error, because a program
// without cgo can't write to the system's log (golang.org/issue/59229).
package eventx
