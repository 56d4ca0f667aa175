package eventx

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		"log with a blank":  {Source{Name: "orders", Log: "Mine "}, ErrSourceName, "blank"},
		"log with a dot":    {Source{Name: "orders", Log: "Mine."}, ErrSourceName, "dot"},
		"size of Windows'":  {Source{Name: "orders", Log: "application", MaxSize: 1 << 20}, ErrForeignSource, "not this source's"},
		"retention too":     {Source{Name: "orders", Retention: Keep}, ErrForeignSource, "not this source's"},
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
	name := messageFileName("msg", b.messages)
	assert.Regexp(t, `^msg-[0-9a-f]{16}\.dll$`, name)
	assert.True(t, isMessageFileName(name))
	for _, other := range []string{"", "msg.dll", "msg-.dll", "msg-0123456789abcdeg.dll", "msg-0123456789abcdef.exe", "abc-0123456789abcdef.dll", "lock"} {
		assert.False(t, isMessageFileName(other), other)
	}
}

// aMachine has the files that are given, in lower case, and those of Install.
func aMachine(files ...string) machine {
	m := machine{dir: `C:\ProgramData\surefoot\eventx`}
	m.expand = func(file string) string {
		for name, value := range map[string]string{"SystemRoot": `C:\Windows`, "windir": `C:\Windows`, "ProgramFiles": `C:\Program Files`} {
			file = regexp.MustCompile("(?i)%"+name+"%").ReplaceAllLiteralString(file, value)
		}
		return file
	}
	m.exists = func(file string) bool {
		return slices.Contains(files, strings.ToLower(file)) || strings.HasPrefix(file, m.dir)
	}
	return m
}

func TestLook(t *testing.T) {
	const own, dotNet = `C:\PROGRAMDATA\surefoot\eventx\msg-0123456789abcdef.dll`, `%SystemRoot%\Microsoft.NET\Framework64\v4.0.30319\EventLogMessages.dll`
	m := aMachine(strings.ToLower(own), `c:\windows\microsoft.net\framework64\v4.0.30319\eventlogmessages.dll`, `c:\windows\system32\eventcreate.exe`,
		`c:\windows\system32\netmsg.dll`, `c:\windows\system32\drivers\acpi.sys`, `c:\windows\system32\iologmsg.dll`, `c:\windows\system32\winhttp.dll`,
		`c:\program files\a b\m.dll`, `c:\app\eventlogmessages.dll`, `c:\app\eventcreate.exe`, `c:\app\signed.dll`)
	tests := []struct {
		name    string
		r       registration
		mode    mode
		form    form
		missing int
		foreign bool
	}{
		{"no file", registration{}, unregistered, formOEM, 0, false},
		{"own", registration{messages: own}, ownFile, formAny, 0, false},
		{"own name elsewhere", registration{messages: `C:\app\msg-0123456789abcdef.dll`}, brokenFile, formOEM, 1, false},
		{".NET", registration{messages: dotNet}, dotNetFile, formAny, 0, false},
		{".NET with another program's categories", registration{messages: dotNet, categories: `C:\Program Files\a b\m.dll`}, dotNetFile, formAny, 0, true},
		{"a file that is only named like .NET's", registration{messages: `C:\app\EventLogMessages.dll`}, foreignFile, formAny, 0, true},
		{"EventCreate", registration{messages: `%systemroot%\system32\eventcreate.exe`}, eventCreate, formLow, 0, false},
		{"a file that is only named like it", registration{messages: `C:\app\eventcreate.exe`}, foreignFile, formAny, 0, true},
		{"missing", registration{messages: `C:\old\service.exe`}, brokenFile, formOEM, 1, false},
		{"a semicolon at the end", registration{messages: `%SystemRoot%\System32\IoLogMsg.dll;`}, foreignFile, formAny, 0, true},
		{"a list", registration{messages: `%SystemRoot%\System32\IoLogMsg.dll;%SystemRoot%\System32\Drivers\acpi.sys`}, foreignFile, formAny, 0, true},
		{"a list with one missing", registration{messages: `%SystemRoot%\System32\IoLogMsg.dll; C:\gone.sys`}, foreignFile, formAny, 1, true},
		{"a list of missing files", registration{messages: `C:\x.dll;C:\gone.sys;`}, brokenFile, formOEM, 2, false},
		{"quotes", registration{messages: `"%ProgramFiles%\a b\m.dll"`}, foreignFile, formAny, 0, true},
		{"a bare name", registration{messages: `winhttp.dll`}, foreignFile, formAny, 0, true},
		{"the kernel's notation", registration{messages: `\SystemRoot\system32\drivers\acpi.sys`}, foreignFile, formAny, 0, true},
		{"a setup's notation", registration{messages: `$(runtime.system32)\winhttp.dll`}, foreignFile, formAny, 0, true},
		{"netmsg.dll", registration{messages: `%SystemRoot%\System32\netmsg.dll`}, foreignFile, formOEM, 0, true},
		{"a provider's GUID alone", registration{provider: "{1}"}, foreignFile, formAny, 0, true},
		{"a provider", registration{provider: "{1}", messages: `winhttp.dll`}, foreignFile, formAny, 0, true},
		{"a signed file", registration{messages: `C:\app\signed.dll`, own: `C:\app\signed.dll`}, ownFile, formAny, 0, false},
		{"a signed file that another has replaced", registration{messages: `C:\app\eventcreate.exe`, own: `C:\app\signed.dll`}, foreignFile, formAny, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := m.look(tt.r)
			assert.Equal(t, tt.mode, got.mode)
			assert.Equal(t, tt.form, got.form)
			assert.Len(t, got.missing, tt.missing)
			assert.Equal(t, tt.foreign, m.foreign(tt.r))
		})
	}
	assert.False(t, m.foreign(registration{messages: `C:\app\signed.dll`}, `C:\app\signed.dll`), "an installer may have registered it already")
	assert.Equal(t, "journald", Journald.String())
	assert.Equal(t, "Mode(77)", Mode(77).String())
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

func TestValues(t *testing.T) {
	s := spec{Name: "orders", Categories: 2, MaxSize: 1<<20 + 1, Retention: archive}
	assert.Equal(t, []value{
		{name: "EventMessageFile", text: `C:\m.dll`}, {name: "TypesSupported", number: 7}, {name: "CustomSource", number: 1},
		{name: "SurefootFiles", text: `C:\m.dll;C:\c.dll`}, {name: "CategoryMessageFile", text: `C:\c.dll`}, {name: "CategoryCount", number: 2},
	}, s.values(`C:\m.dll`, `C:\c.dll`))
	for _, v := range s.values(`C:\m.dll`, "")[4:] {
		assert.True(t, v.remove, "%s of an earlier version would show wrong names", v.name)
	}
	assert.Equal(t, []value{{name: "SurefootLog", number: 1}, {name: "MaxSize", number: 1<<20 + 1<<16},
		{name: "Retention", number: 1<<32 - 1}, {name: "AutoBackupLogFiles", number: 1}}, s.logValues())
	assert.Len(t, spec{}.logValues(), 1, "what Windows gives a log is left alone")
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
