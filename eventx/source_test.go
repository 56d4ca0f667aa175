package eventx

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

func TestSourceCheck(t *testing.T) {
	s, err := Source{Name: "orders"}.check()
	require.NoError(t, err)
	assert.Equal(t, "Application", s.Log)
	for name, tt := range map[string]struct {
		source Source
		is     error
		says   string
	}{
		"no name":           {Source{}, ErrSourceName, "empty"},
		"backslash":         {Source{Name: `a\b`}, ErrSourceName, "backslash"},
		"name of a log":     {Source{Name: "SYSTEM"}, ErrSourceName, "name of a log"},
		"name of its log":   {Source{Name: "Orders", Log: "orders"}, ErrSourceName, "name of its log"},
		"log with a slash":  {Source{Name: "orders", Log: "My/Log"}, nil, `"My/Log" can't be a log's name`},
		"dot at the end":    {Source{Name: "orders."}, ErrSourceName, "ends in a dot"},
		"blank at the end":  {Source{Name: "orders "}, ErrSourceName, "space"},
		"log with a blank":  {Source{Name: "orders", Log: "Mine "}, ErrSourceName, "a space"},
		"log with a dot":    {Source{Name: "orders", Log: "Mine."}, ErrSourceName, "dot"},
		"size of Windows'":  {Source{Name: "orders", Log: "application", MaxSize: 1 << 20}, ErrForeignSource, "can't set the size"},
		"retention too":     {Source{Name: "orders", Retention: Keep}, ErrForeignSource, "can't set the size"},
		"size too large":    {Source{Name: "orders", Log: "Mine", MaxSize: 1 << 32}, nil, "can't be"},
		"no path":           {Source{Name: "orders", MessageFile: "m.dll"}, nil, "not the full path"},
		"a list of files":   {Source{Name: "orders", MessageFile: `C:\m.dll;C:\n.dll`}, nil, "not the full path"},
		"log Security":      {Source{Name: "orders", Log: "security"}, nil, "only Windows itself"},
		"event twice":       {Source{Name: "orders", Events: []Event{{7, "a"}, {7, "b"}}}, nil, "event 7 is declared twice"},
		"NUL in a text":     {Source{Name: "orders", Events: []Event{{7, "a\x00"}}}, nil, "message 7"},
		"text too long":     {Source{Name: "orders", Events: []Event{{7, strings.Repeat("x", 40_000)}}}, nil, "message 7"},
		"NUL in a category": {Source{Name: "orders", Categories: []string{"a", "\x00"}}, nil, "categories: msgtable: message 2"},
	} {
		changed, err := Install(tt.source)
		assert.False(t, changed, name)
		assert.ErrorContains(t, err, tt.says, name)
		assert.NotErrorIs(t, err, errors.ErrUnsupported, name)
		if tt.is != nil {
			assert.ErrorIs(t, err, tt.is, name)
		}
	}
}

func TestMessageFiles(t *testing.T) {
	a, err := Source{Name: "a", Events: []Event{{7, "x %1"}}, Categories: []string{"one", "two"}}.messageFiles()
	require.NoError(t, err)
	b, err := Source{Name: "b", Events: []Event{{7, "x %1"}}}.messageFiles()
	require.NoError(t, err)
	assert.Equal(t, a.messages, b.messages, "sources of the same events share a file")
	assert.NotNil(t, a.categories)
	assert.Nil(t, b.categories)
	a, err = Source{Name: "a", Categories: []string{"over 90%1"}}.messageFiles()
	require.NoError(t, err)
	want, err := msgtable.Table{Texts: map[uint16]string{1: "over 90%%1"}}.DLL()
	require.NoError(t, err)
	assert.Equal(t, want, a.categories, "nothing is inserted into a category's name")
	name := eventlog.MessageFileName("msg", b.messages)
	assert.Regexp(t, `^msg-[0-9a-f]{16}\.dll$`, name)
	assert.True(t, eventlog.IsMessageFileName(name))
	for _, other := range []string{"", "msg.dll", "msg-.dll", "msg-0123456789abcdeg.dll", "msg-0123456789abcdef.exe", "abc-0123456789abcdef.dll", "lock"} {
		assert.False(t, eventlog.IsMessageFileName(other), other)
	}
}

func TestNothingToInstall(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has something to install")
	}
	s := Source{Name: "orders"}
	changed, err := Install(s)
	assert.False(t, changed)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorIs(t, Uninstall("orders"), errors.ErrUnsupported)
	assert.ErrorIs(t, Uninstall(""), ErrSourceName)
	assert.NoError(t, s.OnInstall(context.Background()))
	assert.NoError(t, s.OnUninstall(context.Background()))
	assert.ErrorIs(t, Source{}.OnInstall(context.Background()), ErrSourceName)

	state, err := Status("orders")
	require.NoError(t, err)
	assert.Contains(t, []Mode{Journald, Syslog, Stderr}, state.Mode)
	_, err = Status("")
	assert.ErrorIs(t, err, ErrSourceName)
}

func TestShippedFiles(t *testing.T) {
	s := Source{Name: "orders", Events: []Event{{7, "x"}}}
	dll, err := s.MessageDLL()
	require.NoError(t, err)
	files, err := s.messageFiles()
	require.NoError(t, err)
	assert.Equal(t, files.messages, dll)
	dll, err = s.CategoryDLL()
	require.NoError(t, err)
	assert.Nil(t, dll)
	_, err = Source{Events: []Event{{7, "\x00"}}}.MessageDLL()
	assert.Error(t, err)
}
