package eventlog

import (
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

func TestEventLog(t *testing.T) {
	source := queue.Note(slog.LevelInfo, "m", slog.Int("a", 1))
	source.Source = &slog.Source{File: `C:\src\main.go`, Line: 12}
	tests := []struct {
		name string
		Form Form
		e    *queue.Entry
		want eventtest.Report
	}{
		{"plain", FormAny, queue.Note(slog.LevelWarn+1, "disk is full"), eventtest.Report{Kind: typeWarning, Category: 0, ID: 1, Inserts: []string{"disk is full"}}},
		{"attributes", FormAny, queue.Note(slog.LevelError, "disk is full", queue.ID(65535), queue.Category(2), slog.Int("free", 0), slog.String("disk", `C:`)),
			eventtest.Report{Kind: typeError, Category: 2, ID: 65535, Inserts: []string{"disk is full\r\nfree=0\r\ndisk=C:"}}},
		{"a value of many lines can't pass for attributes", FormAny, queue.Note(slog.LevelInfo, "m", slog.String("stack", "a\nadmin=true\r\nb\rc"), slog.Int("k", 1)),
			eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"m\r\nstack=a\r\n  admin=true\r\n  b\r\n  c\r\nk=1"}}},
		{"nor can a message", FormAny, queue.Note(slog.LevelInfo, "no user:\nadmin=true\r\n  x=\nother = text", slog.Int("k", 1)),
			eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"no user:\r\n  admin=true\r\n    x=\r\nother = text\r\nk=1"}}},
		{"source", FormAny, source, eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"m\r\na=1\r\nsource=C:\\src\\main.go:12"}}},
		{"insertion codes and NUL", FormAny, queue.Note(slog.LevelInfo, "fe80::1%1\x00", slog.String("%2", "%%3")),
			eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"\"fe80::1%\u200B1\\x00\"\r\n%\u200B2=%\u200B%\u200B3"}}},
		{"ID 0", FormAny, queue.Note(slog.LevelInfo, "m", queue.ID(0)), eventtest.Report{Kind: typeInformation, Category: 0, ID: 0, Inserts: []string{"m"}}},
		{"EventCreate.exe", formLow, queue.Note(slog.LevelInfo, "m", queue.ID(1000)), eventtest.Report{Kind: typeInformation, Category: 0, ID: 1000, Inserts: []string{"m"}}},
		{"EventCreate.exe has no ID above 1000", formLow, queue.Note(slog.LevelInfo, "m", queue.ID(1001)), eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"m\r\nevent_id=1001"}}},
		{"EventCreate.exe has no ID 0", formLow, queue.Note(slog.LevelInfo, "m", queue.ID(0)), eventtest.Report{Kind: typeInformation, Category: 0, ID: 1, Inserts: []string{"m\r\nevent_id=0"}}},
		{"unregistered", FormOEM, queue.Note(slog.LevelInfo, "m", queue.ID(4000)),
			eventtest.Report{Kind: typeInformation, Category: 0, ID: 3299, Inserts: []string{"m\r\nevent_id=4000", "", "", "", "", "", "", "", ""}}},
		{"unregistered, no ID", FormOEM, queue.Note(slog.LevelInfo, "m"), eventtest.Report{Kind: typeInformation, Category: 0, ID: 3299, Inserts: []string{"m", "", "", "", "", "", "", "", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &eventtest.Reports{}
			l := &Log{Report: r.Report, Form: tt.Form}
			cut, err := l.Write(tt.e)
			require.NoError(t, err)
			assert.False(t, cut)
			assert.Equal(t, []eventtest.Report{tt.want}, r.All)
		})
	}
}

func TestEventLogBudget(t *testing.T) {
	r := &eventtest.Reports{}
	l := &Log{Report: r.Report}
	cut, err := l.Write(queue.Note(slog.LevelError, strings.Repeat("x", 40_000), slog.String("k", "v")))
	require.NoError(t, err)
	assert.True(t, cut)
	text := r.All[0].Inserts[0]
	assert.LessOrEqual(t, len(utf16.Encode([]rune(text))), TextBudget)
	assert.Regexp(t, `^x+…\[\+90\d\d\]$`, text)

	cut, err = l.Write(queue.Note(slog.LevelError, "short again"))
	require.NoError(t, err)
	assert.False(t, cut)
	assert.Equal(t, "short again", r.All[1].Inserts[0])
}

// TestEventLogErrors injects errors of Windows.
func TestEventLogErrors(t *testing.T) {
	const invalidParameter, invalidBound = syscall.Errno(87), syscall.Errno(1734)
	long := strings.Repeat("x", 20_000)
	tests := []struct {
		name  string
		errs  []error
		sizes []int // of the texts that were tried
		cut   bool
		err   error
		lost  bool
	}{
		{"too long for this system", []error{invalidBound, nil}, []int{20_000, 10_000}, true, nil, false},
		{"and still too long", []error{invalidBound, invalidParameter}, []int{20_000, 10_000}, true, invalidParameter, false},
		{"a short one's size is not to blame", []error{invalidParameter}, []int{1000}, false, invalidParameter, false},
		{"not ours to write", []error{errorAccessDenied}, []int{20_000}, false, errorAccessDenied, true},
		{"log full", []error{errorLogFileFull}, []int{20_000}, false, errorLogFileFull, true},
		{"service down", []error{rpcServerUnavailable}, []int{20_000}, false, rpcServerUnavailable, true},
		{"a container without a log", []error{rpcUnknownInterface}, []int{20_000}, false, rpcUnknownInterface, true},
		{"handle gone", []error{fmt.Errorf("ReportEvent: %w", errorInvalidHandle)}, []int{20_000}, false, errorInvalidHandle, true},
		{"gone while the size is tried", []error{invalidBound, rpcServerUnavailable}, []int{20_000, 10_000}, true, rpcServerUnavailable, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &eventtest.Reports{Fail: func(n int, _ eventtest.Report) error { return tt.errs[n-1] }}
			l := &Log{Report: r.Report}
			cut, err := l.Write(queue.Note(slog.LevelError, long[:tt.sizes[0]]))
			var sizes []int
			for _, got := range r.All {
				sizes = append(sizes, len(utf16.Encode([]rune(got.Inserts[0])))/1000*1000)
			}
			assert.Equal(t, tt.sizes, sizes)
			assert.Equal(t, tt.cut, cut)
			assert.ErrorIs(t, err, tt.err)
			assert.Equal(t, tt.lost, queue.IsLost(err))
		})
	}
}

// FuzzEventLog checks that, whatever is logged, the log gets UTF-16 within its budget that no
// reader expands further and that can't be mistaken for additional attributes.
func FuzzEventLog(f *testing.F) {
	f.Add("disk is full", "path", "C:", uint16(1), uint8(FormAny))
	f.Add("fe80::1%1\x00\xff", "%2", "%%3\n%{x}", uint16(0), uint8(FormOEM))
	f.Add(strings.Repeat("long 💾", 10_000), "k", strings.Repeat("\n", 40_000), uint16(2000), uint8(formLow))
	f.Fuzz(func(t *testing.T, message, key, value string, id uint16, f uint8) {
		l := &Log{Form: Form(f) % (FormOEM + 1)}
		l.Report = func(kind, _ uint16, shown uint32, inserts []*uint16) error {
			total := 0
			for _, p := range inserts {
				text := eventtest.Units(p)
				total += len(text)
				for i, u := range text {
					next := uint16(0)
					if i+1 < len(text) {
						next = text[i+1]
					}
					switch {
					case u == '%' && (next == '%' || next == '{' || '0' <= next && next <= '9'):
						t.Fatalf("an insertion code at %d of %q", i, string(utf16.Decode(text)))
					case u == '\n' && (i == 0 || text[i-1] != '\r'), u == '\r' && next != '\n':
						t.Fatalf("half a line end at %d of %q", i, string(utf16.Decode(text)))
					case u < ' ' && u != '\t' && u != '\r' && u != '\n' || u >= 0xFFFE:
						t.Fatalf("%#x is not legal in XML", u)
					}
				}
				for _, r := range utf16.Decode(text) {
					if utf16.IsSurrogate(r) {
						t.Fatal("lone surrogate")
					}
				}
			}
			assert.LessOrEqual(t, total, TextBudget)
			assert.Equal(t, uint16(typeWarning), kind)
			switch l.Form {
			case FormAny:
				assert.Equal(t, uint32(id), shown)
			case formLow:
				assert.True(t, shown >= 1 && shown <= maxLowID)
			case FormOEM:
				assert.Equal(t, uint32(oemID), shown)
				assert.Len(t, inserts, oemCount)
			}
			return nil
		}
		_, err := l.Write(queue.Note(slog.LevelWarn, message, slog.String(key, value), queue.ID(id)))
		require.NoError(t, err)
	})
}
