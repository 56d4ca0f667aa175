package eventx

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Message files that come with Windows.
const (
	dotNetFile      = `%SystemRoot%\Microsoft.NET\Framework64\v4.0.30319\EventLogMessages.dll`
	dotNetFile32    = `%SystemRoot%\Microsoft.NET\Framework\v4.0.30319\EventLogMessages.dll`
	eventCreateFile = `%SystemRoot%\System32\EventCreate.exe`
)

// value is a registry value: an expandable string, a number if text is "", or
// one that there must not be.
type value struct {
	name   string
	text   string
	number uint32
	remove bool
}

// values are those of a source's key (Microsoft, "Event Sources").
func (s Source) values(messages, categories string) []value {
	return []value{
		{name: "EventMessageFile", text: messages},
		{name: "TypesSupported", number: typeError | typeWarning | typeInformation},
		{name: "CustomSource", number: 1},
		{name: "CategoryMessageFile", text: categories, remove: categories == ""},
		{name: "CategoryCount", number: uint32(len(s.Categories)), remove: categories == ""},
	}
}

// messageFileName names a message file by its content, so that a new version
// never has to replace one that Event Viewer holds open.
func messageFileName(kind string, content []byte) string {
	sum := sha256.Sum256(content)
	return kind + "-" + hex.EncodeToString(sum[:8]) + ".dll"
}

// isMessageFileName says whether name is one of messageFileName's.
func isMessageFileName(name string) bool {
	hash, ok := strings.CutSuffix(name, ".dll")
	if !ok || len(hash) != len("msg-")+16 || !strings.HasPrefix(hash, "msg-") && !strings.HasPrefix(hash, "cat-") {
		return false
	}
	_, err := hex.DecodeString(hash[4:])
	return err == nil
}

// modeOf says what a registered message file is. Dir is where Install puts its
// own.
func modeOf(messageFile, dir string) Mode {
	file := strings.ToLower(messageFile)
	name := file[strings.LastIndexByte(file, '\\')+1:]
	switch {
	case file == "":
		return Unregistered
	case file == strings.ToLower(dir)+`\`+name && isMessageFileName(name):
		return OwnFile
	case name == "eventlogmessages.dll":
		return DotNetFile
	case name == "eventcreate.exe":
		return EventCreate
	}
	return ForeignFile
}
