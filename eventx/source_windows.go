package eventx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// eventLogKey holds a key for each log, and that one for each of its sources.
// It is a variable for the tests' sake.
var eventLogKey = `SYSTEM\CurrentControlSet\Services\EventLog`

// registration is what the registry says about a source.
type registration struct {
	log         string
	messageFile string
	manifest    bool // a provider with a manifest, whose keys belong to wevtutil
}

// findSource returns the registration of source, or fs.ErrNotExist. Logs that
// this account may not look into, such as Security, are passed over.
func findSource(source string) (r registration, err error) {
	err = eachLog(func(log string, key registry.Key) error {
		k, err := registry.OpenKey(key, source, registry.QUERY_VALUE)
		if err != nil {
			return nil
		}
		defer k.Close()
		r.log = log
		r.messageFile, _, err = k.GetStringValue("EventMessageFile")
		if err != nil && !errors.Is(err, registry.ErrNotExist) {
			return fmt.Errorf("EventMessageFile of source %q: %w", source, err)
		}
		_, _, err = k.GetValue("ProviderGuid", nil)
		r.manifest = err == nil
		return fs.SkipAll
	})
	if err == nil && r.log == "" {
		err = fs.ErrNotExist
	}
	return r, err
}

// eachLog calls f with the key of every log that can be read.
func eachLog(f func(log string, key registry.Key) error) error {
	logs, err := registry.OpenKey(registry.LOCAL_MACHINE, eventLogKey, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return err
	}
	defer logs.Close()
	names, err := logs.ReadSubKeyNames(-1)
	if err != nil {
		return err
	}
	for _, log := range names {
		key, err := registry.OpenKey(logs, log, registry.ENUMERATE_SUB_KEYS)
		if err != nil {
			continue
		}
		err = f(log, key)
		key.Close()
		if errors.Is(err, fs.SkipAll) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func status(name string) (State, error) {
	r, err := findSource(name)
	if errors.Is(err, fs.ErrNotExist) {
		return State{Mode: Unregistered, Log: defaultLog, Note: "not registered: events have the ID 3299; Install registers it"}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("eventx: %w", err)
	}
	s := State{Log: r.log, MessageFile: r.messageFile, Mode: modeOf(r.messageFile, messageDir())}
	if path, err := registry.ExpandString(r.messageFile); err == nil && s.Mode != Unregistered {
		for file := range strings.SplitSeq(path, ";") { // a list, by Microsoft's "Event Sources"
			if _, err := os.Stat(strings.TrimSpace(file)); errors.Is(err, fs.ErrNotExist) {
				s.Mode = BrokenFile
				s.Note = fmt.Sprintf("its message file %s is missing: events have the ID 3299; Install repairs it", file)
			}
		}
	}
	if s.Mode == EventCreate {
		s.Note = "EventCreate.exe has the IDs 1–1000 only; Install makes a message file with all"
	}
	return s, nil
}

// formOf says how events of source have to be written.
func formOf(source string) form {
	s, err := status(source)
	if err != nil {
		return formOEM
	}
	return s.Mode.form()
}

func install(s Source, files messageFiles) (changed bool, err error) {
	switch r, err := findSource(s.Name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, installError(s.Name, err)
	case !strings.EqualFold(r.log, s.Log):
		return false, fmt.Errorf("%w: %q belongs to the log %q, not to %q", ErrSourceElsewhere, s.Name, r.log, s.Log)
	case r.manifest:
		return false, fmt.Errorf("%w: %q is a provider with a manifest", ErrForeignSource, s.Name)
	}
	// The key first: it tells whether this account may register at all.
	key, existed, err := registry.CreateKey(registry.LOCAL_MACHINE, eventLogKey+`\`+s.Log+`\`+s.Name, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return false, installError(s.Name, err)
	}
	defer key.Close()
	values, wrote, unlock, err := placeFiles(s, files)
	if err != nil {
		return !existed, installError(s.Name, err)
	}
	defer unlock()
	changed = wrote || !existed
	for _, v := range values {
		set, err := v.set(key)
		if err != nil {
			return changed, installError(s.Name, err)
		}
		changed = changed || set
	}
	removeUnusedFiles(messageDir())
	return changed, nil
}

// placeFiles makes the message files, or finds those of the system, and returns
// the values that name them. Until unlock is called nobody removes the files.
func placeFiles(s Source, files messageFiles) (values []value, wrote bool, unlock func(), err error) {
	dir := messageDir()
	err = secureDir(dir)
	if errors.Is(err, errUntrustedDir) {
		return nil, false, nil, err
	}
	unlock = func() {}
	if err == nil {
		if unlock, err = lockDir(dir); err != nil {
			unlock = func() {}
		}
	}
	var messages, categories string
	if err == nil {
		messages, wrote, err = placeFile(dir, "msg", files.messages)
	}
	if err == nil && files.categories != nil {
		var wroteToo bool
		categories, wroteToo, err = placeFile(dir, "cat", files.categories)
		wrote = wrote || wroteToo
	}
	if err != nil { // no file of our own can be made here
		messages, categories = systemMessageFile(), ""
	}
	return s.values(messages, categories), wrote, unlock, nil
}

// systemMessageFile is the best message file that comes with Windows.
func systemMessageFile() string {
	for _, file := range []string{dotNetFile, dotNetFile32} {
		if path, err := registry.ExpandString(file); err == nil {
			if _, err := os.Stat(path); err == nil {
				return file
			}
		}
	}
	return eventCreateFile
}

func uninstall(name string) error {
	r, err := findSource(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return installError(name, err)
	case r.manifest:
		return fmt.Errorf("%w: %q is a provider with a manifest", ErrForeignSource, name)
	case modeOf(r.messageFile, messageDir()) == ForeignFile:
		return fmt.Errorf("%w: %q has the message file %s", ErrForeignSource, name, r.messageFile)
	}
	log, err := registry.OpenKey(registry.LOCAL_MACHINE, eventLogKey+`\`+r.log, registry.SET_VALUE)
	if err != nil {
		return installError(name, err)
	}
	defer log.Close()
	if err := registry.DeleteKey(log, name); err != nil {
		return installError(name, err)
	}
	if unlock, err := lockDir(messageDir()); err == nil {
		removeUnusedFiles(messageDir())
		unlock()
		removeEmptyDir(messageDir())
	}
	return nil
}

func installError(name string, err error) error {
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return fmt.Errorf("%w: source %q: run this as administrator: %w", ErrAccessDenied, name, err)
	}
	return fmt.Errorf("eventx: source %q: %w", name, err)
}

// set makes the value as it should be, and says whether it was not.
func (v value) set(key registry.Key) (changed bool, err error) {
	if v.remove {
		err := key.DeleteValue(v.name)
		if errors.Is(err, registry.ErrNotExist) {
			return false, nil
		}
		return true, err
	}
	if v.text == "" {
		if n, _, err := key.GetIntegerValue(v.name); err == nil && n == uint64(v.number) {
			return false, nil
		}
		return true, key.SetDWordValue(v.name, v.number)
	}
	if old, kind, err := key.GetStringValue(v.name); err == nil && kind == registry.EXPAND_SZ && old == v.text {
		return false, nil
	}
	return true, key.SetExpandStringValue(v.name, v.text)
}

// usedFiles are the message files that any source names, in lower case.
func usedFiles() (map[string]bool, error) {
	used := make(map[string]bool)
	err := eachLog(func(_ string, key registry.Key) error {
		names, err := key.ReadSubKeyNames(-1)
		if err != nil {
			return err
		}
		for _, name := range names {
			k, err := registry.OpenKey(key, name, registry.QUERY_VALUE)
			if err != nil {
				continue
			}
			for _, value := range []string{"EventMessageFile", "CategoryMessageFile"} {
				if file, _, err := k.GetStringValue(value); err == nil {
					used[strings.ToLower(filepath.Clean(file))] = true
				}
			}
			k.Close()
		}
		return nil
	})
	return used, err
}
