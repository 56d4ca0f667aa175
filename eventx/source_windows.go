package eventx

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const eventLogKey = `SYSTEM\CurrentControlSet\Services\EventLog`

// findSource returns the log that source is registered with and its message
// file, or fs.ErrNotExist. Logs that this account may not look into, such as
// Security, are passed over.
func findSource(source string) (log, messageFile string, err error) {
	logs, err := registry.OpenKey(registry.LOCAL_MACHINE, eventLogKey, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return "", "", err
	}
	defer logs.Close()
	names, err := logs.ReadSubKeyNames(-1)
	if err != nil {
		return "", "", err
	}
	for _, log := range names {
		key, err := registry.OpenKey(logs, log+`\`+source, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		file, _, err := key.GetStringValue("EventMessageFile")
		key.Close()
		if err != nil && !errors.Is(err, registry.ErrNotExist) {
			return log, "", err
		}
		return log, file, nil
	}
	return "", "", fs.ErrNotExist
}

// formOf says how events of source become readable.
func formOf(source string) form {
	_, file, err := findSource(source)
	switch {
	case err != nil || file == "":
		return formOEM
	case strings.HasSuffix(strings.ToLower(file), `\eventcreate.exe`):
		return formLow
	}
	return formAny
}
