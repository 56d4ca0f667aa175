package eventx

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

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
