package eventlog

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// aMachine returns a machine with the given files, in lower case, and those of Install.
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
		r       Registration
		mode    mode
		Form    Form
		missing int
		foreign bool
	}{
		{"no file", Registration{}, Unregistered, FormOEM, 0, false},
		{"own", Registration{Messages: own}, ownFile, FormAny, 0, false},
		{"own name elsewhere", Registration{Messages: `C:\app\msg-0123456789abcdef.dll`}, BrokenFile, FormOEM, 1, false},
		{".NET", Registration{Messages: dotNet}, dotNetFile, FormAny, 0, false},
		{".NET with another program's categories", Registration{Messages: dotNet, categories: `C:\Program Files\a b\m.dll`}, dotNetFile, FormAny, 0, true},
		{"a file that is only named like .NET's", Registration{Messages: `C:\app\EventLogMessages.dll`}, ForeignFile, FormAny, 0, true},
		{"EventCreate", Registration{Messages: `%systemroot%\system32\eventcreate.exe`}, EventCreate, formLow, 0, false},
		{"a file that is only named like it", Registration{Messages: `C:\app\eventcreate.exe`}, ForeignFile, FormAny, 0, true},
		{"missing", Registration{Messages: `C:\old\service.exe`}, BrokenFile, FormOEM, 1, false},
		{"a semicolon at the end", Registration{Messages: `%SystemRoot%\System32\IoLogMsg.dll;`}, ForeignFile, FormAny, 0, true},
		{"a list", Registration{Messages: `%SystemRoot%\System32\IoLogMsg.dll;%SystemRoot%\System32\Drivers\acpi.sys`}, ForeignFile, FormAny, 0, true},
		{"a list with one missing", Registration{Messages: `%SystemRoot%\System32\IoLogMsg.dll; C:\gone.sys`}, ForeignFile, FormAny, 1, true},
		{"a list of missing files", Registration{Messages: `C:\x.dll;C:\gone.sys;`}, BrokenFile, FormOEM, 2, false},
		{"quotes", Registration{Messages: `"%ProgramFiles%\a b\m.dll"`}, ForeignFile, FormAny, 0, true},
		{"a bare name", Registration{Messages: `winhttp.dll`}, ForeignFile, FormAny, 0, true},
		{"the kernel's notation", Registration{Messages: `\SystemRoot\system32\drivers\acpi.sys`}, ForeignFile, FormAny, 0, true},
		{"a setup's notation", Registration{Messages: `$(runtime.system32)\winhttp.dll`}, ForeignFile, FormAny, 0, true},
		{"netmsg.dll", Registration{Messages: `%SystemRoot%\System32\netmsg.dll`}, ForeignFile, FormOEM, 0, true},
		{"a provider's GUID alone", Registration{Provider: "{1}"}, ForeignFile, FormOEM, 0, true},
		{"a provider", Registration{Provider: "{1}", Messages: `winhttp.dll`}, ForeignFile, FormAny, 0, true},
		{"a signed file", Registration{Messages: `C:\app\signed.dll`, own: `C:\app\signed.dll`}, ownFile, FormAny, 0, false},
		{"a signed file that another has replaced", Registration{Messages: `C:\app\eventcreate.exe`, own: `C:\app\signed.dll`}, ForeignFile, FormAny, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := m.look(tt.r)
			assert.Equal(t, tt.mode, got.Mode)
			assert.Equal(t, tt.Form, got.Form)
			assert.Len(t, got.Missing, tt.missing)
			assert.Equal(t, tt.foreign, m.foreign(tt.r))
		})
	}
	assert.False(t, m.foreign(Registration{Messages: `C:\app\signed.dll`}, `C:\app\signed.dll`), "an installer may have registered it already")
}

func TestValues(t *testing.T) {
	s := Spec{Name: "orders", Categories: 2, MaxSize: 1<<20 + 1, Retention: archive}
	assert.Equal(t, []value{
		{name: "EventMessageFile", text: `C:\m.dll`}, {name: "TypesSupported", number: 7}, {name: "CustomSource", number: 1},
		{name: "SurefootFiles", text: `C:\m.dll;C:\c.dll`}, {name: "CategoryMessageFile", text: `C:\c.dll`}, {name: "CategoryCount", number: 2},
	}, s.values(`C:\m.dll`, `C:\c.dll`))
	for _, v := range s.values(`C:\m.dll`, "")[4:] {
		assert.True(t, v.remove, "%s of an earlier version would show wrong names", v.name)
	}
	assert.Equal(t, []value{{name: "SurefootLog", number: 1}, {name: "MaxSize", number: 1<<20 + 1<<16},
		{name: "Retention", number: 1<<32 - 1}, {name: "AutoBackupLogFiles", number: 1}}, s.logValues())
	assert.Len(t, Spec{}.logValues(), 1, "what Windows gives a log is left alone")
}
