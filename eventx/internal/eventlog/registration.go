package eventlog

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
)

// Spec is a source to register, once eventx.Source has checked it.
type Spec struct {
	Name, Log                 string
	MaxSize                   int64
	Retention                 uint8
	Categories                int
	MessageFile, CategoryFile string // existing files; "": created from the following
	Messages, CategoryNames   []byte // nil: none
}

// Values of Spec.Retention, like those of eventx.Retention.
const (
	archive = 1
	keep    = 2
)

// value is a registry value: an expandable string, a number if text is "", or a value that must not
// exist.
type value struct {
	name   string
	text   string
	number uint32
	remove bool
}

// Registry values specific to this package.
const (
	ownFileValue = "SurefootFiles" // of a source: the message files that Install registered
	ownLogValue  = "SurefootLog"   // of a log: Install has created it
)

// values returns the values of a source's key (Microsoft, "Event Sources").
func (s Spec) values(messages, categories string) []value {
	return []value{
		{name: "EventMessageFile", text: messages},
		{name: "TypesSupported", number: typeError | typeWarning | typeInformation},
		{name: "CustomSource", number: 1},
		{name: ownFileValue, text: strings.TrimSuffix(messages+";"+categories, ";")},
		{name: "CategoryMessageFile", text: categories, remove: categories == ""},
		{name: "CategoryCount", number: uint32(s.Categories), remove: categories == ""},
	}
}

// logValues returns the values of a log's key (Microsoft, "Eventlog Key").
func (s Spec) logValues() []value {
	values := []value{{name: ownLogValue, number: 1}}
	if s.MaxSize > 0 {
		const step = 64 << 10
		values = append(values, value{name: "MaxSize", number: uint32((s.MaxSize + step - 1) / step * step)})
	}
	switch s.Retention {
	case archive:
		values = append(values, value{name: "Retention", number: math.MaxUint32}, value{name: "AutoBackupLogFiles", number: 1})
	case keep:
		values = append(values, value{name: "Retention", number: math.MaxUint32}, value{name: "AutoBackupLogFiles", number: 0})
	}
	return values
}

// MessageFileName returns the name of a message file, which depends on its content, so that a new
// version never has to replace a file that Event Viewer holds open.
func MessageFileName(kind string, content []byte) string {
	sum := sha256.Sum256(content)
	return kind + "-" + hex.EncodeToString(sum[:8]) + ".dll"
}

// IsMessageFileName reports whether name was returned by MessageFileName.
func IsMessageFileName(name string) bool {
	hash, ok := strings.CutSuffix(name, ".dll")
	if !ok || len(hash) != len("msg-")+16 || !strings.HasPrefix(hash, "msg-") && !strings.HasPrefix(hash, "cat-") {
		return false
	}
	_, err := hex.DecodeString(hash[4:])
	return err == nil
}

// Registration holds the registry values of a source, with unexpanded file names.
type Registration struct {
	Log                              string
	Messages, categories, parameters string // lists of files
	own                              string // ownFileValue
	Provider                         string // the GUID of a provider with a manifest, whose keys belong to wevtutil
}

// machine holds what the rules need to know about the computer.
type machine struct {
	dir    string                 // the folder of Install's files
	expand func(string) string    // %variables%
	exists func(file string) bool // reports false only if the file certainly does not exist
}

// mode is how the events of a source are shown. It is exported as eventx.Mode.
type mode uint8

const (
	Unregistered mode = iota
	ownFile
	dotNetFile
	EventCreate
	ForeignFile
	BrokenFile
)

// Form returns the form in which events have to be written in this mode.
func (m mode) Form() Form {
	switch m {
	case Unregistered, BrokenFile:
		return FormOEM
	case EventCreate:
		return formLow
	}
	return FormAny
}

// Found is the result of evaluating a registration.
type Found struct {
	Mode    mode
	Form    Form
	Missing []string // files that are registered and do not exist
}

// look applies the rules of Windows to a registration.
func (m machine) look(r Registration) (f Found) {
	files := m.files(r.Messages)
	if len(files) == 0 {
		if r.Provider != "" {
			return Found{Mode: ForeignFile, Form: FormOEM} // the manifest has no texts for these events
		}
		return Found{Mode: Unregistered, Form: FormOEM}
	}
	kindOf, oem := Unregistered, false
	for _, file := range files {
		if !m.exists(file) {
			f.Missing = append(f.Missing, file)
			continue
		}
		oem = oem || baseName(file) == "netmsg.dll"
		switch kind := m.kind(file, r.own); {
		case kindOf == Unregistered:
			kindOf = kind
		case kindOf != kind:
			kindOf = ForeignFile
		}
	}
	if r.Provider != "" && kindOf != Unregistered {
		kindOf = ForeignFile
	}
	f.Mode, f.Form = kindOf, kindOf.Form()
	switch {
	case kindOf == Unregistered:
		f.Mode, f.Form = BrokenFile, FormOEM
	case oem:
		f.Form = FormOEM
	}
	return f
}

// foreign reports whether a registration belongs to another program: its provider has a manifest,
// or one of its files exists and is neither registered by this package nor one of mine.
func (m machine) foreign(r Registration, mine ...string) bool {
	if r.Provider != "" {
		return true
	}
	for _, list := range []string{r.Messages, r.categories, r.parameters} {
		for _, file := range m.files(list) {
			own := slices.ContainsFunc(mine, func(f string) bool { return strings.EqualFold(f, file) })
			if !own && m.exists(file) && m.kind(file, r.own) == ForeignFile {
				return true
			}
		}
	}
	return false
}

// files splits a list of files like the event log: separated by semicolons, some in quotes, with
// %variables% or in the kernel's notation; names without a directory are in System32.
func (m machine) files(list string) (files []string) {
	const system32 = `%SystemRoot%\System32`
	for file := range strings.SplitSeq(list, ";") {
		file = strings.TrimSpace(strings.Trim(strings.TrimSpace(file), `"`))
		if file == "" {
			continue
		}
		file = strings.TrimPrefix(file, `\??\`)
		for prefix, instead := range map[string]string{`\SystemRoot\`: `%SystemRoot%\`, `$(runtime.system32)\`: system32 + `\`, `System32\`: system32 + `\`} {
			if len(file) > len(prefix) && strings.EqualFold(file[:len(prefix)], prefix) {
				file = instead + file[len(prefix):]
			}
		}
		if !strings.ContainsAny(file, `\/:`) {
			file = system32 + `\` + file
		}
		files = append(files, m.expand(file))
	}
	return files
}

// kind returns the mode for a single message file.
func (m machine) kind(file, own string) mode {
	lower, name := strings.ToLower(file), baseName(file)
	switch {
	case lower == strings.ToLower(m.dir)+`\`+name && IsMessageFileName(name),
		slices.ContainsFunc(m.files(own), func(f string) bool { return strings.EqualFold(f, file) }):
		return ownFile
	case name == "eventlogmessages.dll" && strings.Contains(lower, `\microsoft.net\framework`), name == "system.diagnostics.eventlog.messages.dll":
		return dotNetFile
	case name == "eventcreate.exe" && strings.HasSuffix(lower, `\system32\eventcreate.exe`):
		return EventCreate
	}
	return ForeignFile
}

func baseName(file string) string {
	return strings.ToLower(file[strings.LastIndexAny(file, `\/`)+1:])
}
