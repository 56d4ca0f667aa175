// Package eventx brings a service's log/slog events into the log of the system that it runs on,
// where operators look: the Windows Event Log, systemd's journal, or syslog.
//
// What goes wrong with an event log otherwise: Event Viewer says "The description for Event ID 7
// from source X cannot be found"; an address like fe80::1%12, a NUL or 32,000 characters lose the
// event or break its reader; a full log or a hung daemon stops the service; and a flood of events
// buries the one that mattered. With eventx every event is readable, whether or not its source is
// registered; events that can't be written are counted and reported; and logging never blocks on
// the system log.
//
//	h, err := eventx.NewHandler("orders", nil) // Warn and up
//	if err != nil {
//		return err
//	}
//	defer h.Close()
//	slog.New(h).Error("payment service unreachable", eventx.ID(2001), "host", host, "err", err)
//
// [Health] writes a service's changes of state under IDs that are the same for every service, so
// that one view, made by [CustomView], follows many of them; [Query] reads events back.
// [SetDefault] also takes the lines of package log.
//
// # What is stored
//
// Values are written as [slog.TextHandler] writes them, without its quotes. Two things can't be
// stored as they are; [Query] gives back the original of both:
//
//   - A message or value with what a log can't show (control characters, broken UTF-8) is written as a Go
//     string literal: "\x1b[31mred\x1b[0m". Line ends stay line ends in it.
//   - In the Windows Event Log, a '%' before a digit, '%' or '{' is followed by a U+200B, which is not
//     seen: every reader would expand %1 as an insertion code, and there is no escape. So the URL
//     https://host/a%20b is stored as a%, U+200B, 20b. A copy from Event Viewer
//     contains that character, and a search in an exported log has to use a part without the '%'. journald
//     and syslog get the text as it is.
//
// # Windows
//
// Events go to the log that the source is registered with. [Install] registers it, which needs
// administrator rights once; writing needs none. Event Viewer shows the message and, below it, one
// attribute a line:
//
//	payment service unreachable
//	host=pay.example.com
//	err=dial tcp: i/o timeout
//
// A source that was never installed writes to the Application log, under the ID 3299 of a message
// file that every Windows has, with its own ID as an attribute; [Status] says so. Text over 31,000
// UTF-16 units is cut. An event that is written more than a second late has its time as the
// attribute event_time.
//
// # Linux
//
// Events go to journald by its native protocol: attributes are fields with upper-case names, an ID
// is EVENT_ID=2001 and a MESSAGE_ID, the source is SYSLOG_IDENTIFIER, so that journalctl -t orders
// EVENT_ID=2001 finds them. A key that does not fit into a field's name is in EVENT_KEYS beside it:
// 用户 is the field U7528_U6237. Where there is no journald, events go to /dev/log, and where there
// is neither, as in most containers, to standard error. The settings LogNamespace= and
// RestartMode=debug of a systemd unit are honoured.
//
// # macOS and BSD
//
// On the BSDs events go to the local syslog. macOS has no log that a program without cgo can write
// to (golang.org/issue/59229): they go to standard error.
package eventx
