package eventlog

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

var update = flag.Bool("update", false, "rewrite testdata/samples/records.txt")

// TestSamples reads real events of other programs: named data, UserData, binary data, levels 0 to 16.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/samples/*.xml")
	require.NoError(t, err)
	require.Len(t, files, 12)
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		r, err := parseWinEvent(string(text))
		require.NoError(t, err, file)
		assert.True(t, r.Message != "" || len(r.Attrs) > 0, file)
		fmt.Fprintf(&b, "%s\n  %s %s %s[%d] category %d host %s pid %d %s\n", filepath.Base(file), r.Time.Format(time.RFC3339Nano), r.Level, r.Source, r.ID, r.Category, r.Host, r.PID, r.Bookmark)
		fmt.Fprintf(&b, "  %q\n", r.Message)
		for _, a := range r.Attrs {
			fmt.Fprintf(&b, "    %s=%q\n", a.Key, a.Value)
		}
	}
	const golden = "testdata/samples/records.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r", ""), b.String())
}

// TestDamagedEvents checks that the readable parts of damaged events are read.
func TestDamagedEvents(t *testing.T) {
	system := func(inner string) string {
		return "<Event><System><Provider Name='p'/>" + inner + "<Computer>h</Computer></System><EventData><Data>text</Data></EventData></Event>"
	}
	for name, tt := range map[string]struct {
		text string
		want reading.Record
	}{
		"an ID out of range":     {system("<EventID>99999999999</EventID>"), reading.Record{ID: uint16(99999999999 & 0xFFFF)}},
		"a negative number":      {system("<EventID>-1</EventID>"), reading.Record{}},
		"a process out of range": {system("<Execution ProcessID='99999999999999999999'/>"), reading.Record{}},
		"a level out of range":   {system("<Level>300</Level>"), reading.Record{}},
		"no time":                {system("<TimeCreated SystemTime='yesterday'/>"), reading.Record{}},
		"a bad reference":        {system("<Channel>&#x1;&#xD800;&#1114112;&#99999999999999999999;&#;&#xZZ;</Channel>"), reading.Record{}},
		"an unknown entity":      {system("<Channel>&nosuch;</Channel>"), reading.Record{}},
	} {
		r, err := parseWinEvent(tt.text)
		require.NoError(t, err, name)
		assert.Equal(t, "p", r.Source, name)
		assert.Equal(t, "h", r.Host, name)
		assert.Equal(t, "text", r.Message, name)
		assert.Equal(t, slog.LevelInfo, r.Level, name)
		if tt.want.ID != 0 {
			assert.Equal(t, tt.want.ID, r.ID, name)
		}
	}
	r, err := parseWinEvent("<Event><System><EventID>7</EventID></System><EventData><Data Name='a'>1</Data><Data Name='b'>cut o")
	require.NoError(t, err)
	assert.Equal(t, uint16(7), r.ID)
	assert.Equal(t, []string{"a=1", "b=cut o"}, eventtest.Texts(r.Attrs))
	r, err = parseWinEvent("<Event><System/><EventData><Data>a&#x1;b &#65;&amp;&#xFFFE;</Data></EventData></Event>")
	require.NoError(t, err)
	assert.Equal(t, "a\uFFFDb A&\uFFFD", r.Message)
}

// TestExactRoundTrip checks that message and attributes are read back exactly, including spaces.
func TestExactRoundTrip(t *testing.T) {
	for _, message := range []string{"m", "a\nb=c\nd", "a\n  b=c", "a\n   b=c\n  plain", "\n\n", "a\x1b[0m\n x=1", `"\x00"`, "50%20 %1 %\u200B1", "a\n\"k k\"=v", ""} {
		attrs := []slog.Attr{slog.String("用户", "u"), slog.String("a b", message), slog.String("g.k=\n", "\tv "), slog.String("", message), slog.String(`"q"`, ""), slog.String("event_id", "7"), slog.String("event_time", "2026-01-01T00:00:00Z")}
		r := &eventtest.Reports{}
		_, err := (&Log{Report: r.Report}).Write(queue.Note(slog.LevelInfo, message, attrs...))
		require.NoError(t, err)
		got, gotAttrs, own := splitEventText(r.All[0].Inserts[0])
		assert.Equal(t, message, got)
		assert.Equal(t, eventtest.Texts(attrs), eventtest.Texts(gotAttrs), "%q", message)
		assert.Zero(t, own, "an attribute of the caller's that is named like one of ours")
	}
}

// fakeResults is a log that aborts queries as configured.
type fakeResults struct {
	log    *fakeEvents
	follow bool
}

type fakeEvents struct {
	records []uint64
	next    func(after uint64, n int) error // an error in place of events
	opened  []string
	batches []int
	after   uint64
}

func (f *fakeEvents) open(filter reading.Filter) (evtResults, error) {
	f.opened = append(f.opened, filter.After)
	f.after = 0
	fmt.Sscanf(filter.After, "Application/%d", &f.after)
	return &fakeResults{f, filter.Follow}, nil
}

func (r *fakeResults) next(n int) (texts []string, err error) {
	f := r.log
	f.batches = append(f.batches, n)
	if err := f.next(f.after, n); err != nil {
		return nil, err
	}
	for _, record := range f.records {
		if record > f.after && len(texts) < n {
			texts = append(texts, fmt.Sprintf("<Event><System><EventRecordID>%d</EventRecordID><Channel>Application</Channel></System><EventData><Data>%d</Data></EventData></Event>", record, record))
		}
	}
	if len(texts) == 0 {
		return nil, errorNoMoreItems
	}
	f.after += uint64(len(texts))
	return append(texts, ""), nil // and one that can't be rendered
}

func (r *fakeResults) wait(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (r *fakeResults) Close() {}

// TestQueryContinues checks that a query that the log aborts continues after the last event.
func TestQueryContinues(t *testing.T) {
	errs := func(err error, at ...uint64) func(uint64, int) error {
		return func(after uint64, _ int) error {
			if i := slices.Index(at, after); i >= 0 {
				at[i] = 1 << 40 // once
				return err
			}
			return nil
		}
	}
	for name, tt := range map[string]struct {
		next  func(after uint64, n int) error
		want  int
		err   error
		opens int
	}{
		"in one go":         {errs(nil), 100, nil, 1},
		"log cleared":       {errs(errorEvtQueryStale, 32), 100, nil, 2},
		"rolled over":       {errs(errorEvtPosition, 64), 100, nil, 2},
		"invalid parameter": {errs(fmt.Errorf("EvtNext: %w", errorInvalidParameter), 0, 32), 100, nil, 3},
		"large batches": {func(_ uint64, n int) error {
			if n > 4 {
				return rpcInvalidBound
			}
			return nil
		}, 100, nil, 4},
		"always": {func(uint64, int) error { return rpcInvalidBound }, 0, rpcInvalidBound, 1 + evtRetries},
		"denied": {func(uint64, int) error { return errorAccessDenied }, 0, errorAccessDenied, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeEvents{next: tt.next}
				for i := range uint64(100) {
					f.records = append(f.records, i+1)
				}
				var got []string
				r := evtReader{filter: reading.Filter{}, open: f.open, yield: func(r reading.Record) bool { got = append(got, r.Message); return true }}
				err := r.run(t.Context())
				assert.ErrorIs(t, err, tt.err)
				assert.Len(t, got, tt.want)
				assert.True(t, slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }))
				assert.Len(t, f.opened, tt.opens)
			})
		})
	}
}

func TestQueryFollowsAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeEvents{records: []uint64{1, 2, 3}, next: func(uint64, int) error { return nil }}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		n := 0
		r := evtReader{filter: reading.Filter{Follow: true}, open: f.open, yield: func(reading.Record) bool { n++; return true }}
		assert.ErrorIs(t, r.run(ctx), context.Canceled)
		assert.Equal(t, 3, n)
		r = evtReader{filter: reading.Filter{}, open: f.open, yield: func(reading.Record) bool { n++; return false }}
		assert.NoError(t, r.run(t.Context()))
		assert.Equal(t, 4, n)
		r.open = func(reading.Filter) (evtResults, error) { return nil, errors.New("no such log") }
		assert.ErrorContains(t, r.run(t.Context()), "no such log")
	})
}

// TestManySelects checks that a query that is too large is split.
func TestManySelects(t *testing.T) {
	var f reading.Filter
	for i := range 100 {
		f.Sources = append(f.Sources, fmt.Sprintf("service-%d", i))
		f.IDs = append(f.IDs, uint16(7*i), uint16(20_000+7*i), uint16(40_000+7*i))
	}
	list, err := queryListOf(f, f.IDs)
	require.NoError(t, err)
	require.Len(t, list.Query, 3)
	total := 0
	for i, q := range list.Query {
		assert.Equal(t, i, q.ID)
		assert.LessOrEqual(t, len(q.Selects), 256)
		total += len(q.Selects)
	}
	assert.Equal(t, 13*43, total)
	text, err := xml.Marshal(list)
	require.NoError(t, err)
	assert.Equal(t, 3, strings.Count(string(text), "<Query "))
}

// FuzzRoundTrip checks that text is read back unchanged, except for a CR, which is a line end.
func FuzzRoundTrip(f *testing.F) {
	f.Add("a\nb=c", "k", "v\n  w")
	f.Add("%1 %\u200B1", `"q"`, "\x00\"")
	f.Add("\n  =", "\n", " x=1")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		if strings.Contains(message+key+value, "\r") || len(message)+len(key)+len(value) > TextBudget/8 {
			return
		}
		r := &eventtest.Reports{}
		_, err := (&Log{Report: r.Report}).Write(queue.Note(slog.LevelInfo, message, slog.String(key, value), slog.String("last", value)))
		require.NoError(t, err)
		got, attrs, own := splitEventText(r.All[0].Inserts[0])
		assert.Equal(t, message, got)
		assert.Equal(t, []string{key + "=" + value, "last=" + value}, eventtest.Texts(attrs))
		assert.Zero(t, own)
	})
}
