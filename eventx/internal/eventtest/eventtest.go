// Package eventtest provides helpers for the tests of several packages.
package eventtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"regexp"
	"testing"
	"unicode/utf16"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Report holds the arguments of a ReportEventW call.
type Report struct {
	Kind, Category uint16
	ID             uint32
	Inserts        []string
}

// Units reads the UTF-16 at p up to its NUL.
func Units(p *uint16) []uint16 {
	n := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(p), 2*n)) != 0 {
		n++
	}
	return unsafe.Slice(p, n)
}

// Reports is a fake ReportEventW that records its calls and fails as configured.
type Reports struct {
	All  []Report
	Fail func(n int, r Report) error
}

func (r *Reports) Report(kind, category uint16, id uint32, inserts []*uint16) error {
	got := Report{kind, category, id, nil}
	for _, p := range inserts {
		got.Inserts = append(got.Inserts, string(utf16.Decode(Units(p))))
	}
	r.All = append(r.All, got)
	if r.Fail != nil {
		return r.Fail(len(r.All), got)
	}
	return nil
}

// AssertRecord compares two records. reflect.DeepEqual can't compare slog.Values.
func AssertRecord(t *testing.T, want, got reading.Record) {
	t.Helper()
	assert.Equal(t, Texts(want.Attrs), Texts(got.Attrs))
	want.Attrs, got.Attrs = nil, nil
	assert.Equal(t, want, got)
}

func Texts(attrs []slog.Attr) (all []string) {
	for _, a := range attrs {
		all = append(all, a.Key+"="+a.Value.String())
	}
	return all
}

// DecodeJournal decodes the native protocol, more strictly than journald, which silently drops
// invalid fields.
func DecodeJournal(data []byte) (fields []string, err error) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	for len(data) > 0 {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("no newline after %q", data)
		}
		key, value, inline := bytes.Cut(line, []byte("="))
		if !inline {
			if len(rest) < 8 {
				return nil, fmt.Errorf("no length after %q", line)
			}
			n := binary.LittleEndian.Uint64(rest)
			rest = rest[8:]
			if n >= uint64(len(rest)) || rest[n] != '\n' {
				return nil, fmt.Errorf("length %d of %s does not end at a newline", n, key)
			}
			value, rest = rest[:n], rest[n+1:]
			if !bytes.Contains(value, []byte("\n")) {
				return nil, fmt.Errorf("%s has a length but no newline", key)
			}
		}
		if !name.Match(key) {
			return nil, fmt.Errorf("bad field name %q", key)
		}
		fields = append(fields, string(key)+"="+string(value))
		data = rest
	}
	return fields, nil
}
