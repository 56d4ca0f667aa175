package eventx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

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
		return false, fmt.Errorf("%w: %q belongs to the log %q, not to %q: uninstall it first; Windows notices the move after a restart", ErrSourceElsewhere, s.Name, r.log, s.Log)
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
		if !existed { // leave no source without a message file
			_ = registry.DeleteKey(registry.LOCAL_MACHINE, eventLogKey+`\`+s.Log+`\`+s.Name)
		}
		return false, installError(s.Name, err)
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
	unlock, err = claimDir(dir)
	if errors.Is(err, errUntrustedDir) {
		return nil, false, nil, err
	}
	if err != nil {
		unlock = func() {}
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
	var unlock func()
	lockErr := patiently(func() (err error) { unlock, err = lockDir(messageDir()); return err }, fs.ErrNotExist)
	err = registry.DeleteKey(log, name)
	if lockErr == nil { // or there is no such folder
		removeUnusedFiles(messageDir())
		unlock()
		removeEmptyDir(messageDir())
	}
	if err != nil {
		return installError(name, err)
	}
	return nil
}

func installError(name string, err error) error {
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return fmt.Errorf("%w: source %q: run this as administrator: %w", ErrAccessDenied, name, err)
	}
	return fmt.Errorf("eventx: source %q: %w", name, err)
}
