package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func thisMachine() machine {
	return machine{
		dir: MessageDir(),
		expand: func(file string) string {
			if expanded, err := registry.ExpandString(file); err == nil {
				return expanded
			}
			return file
		},
		exists: func(file string) bool {
			_, err := os.Stat(file)
			return !errors.Is(err, fs.ErrNotExist)
		},
	}
}

// lookUp returns the registration of a source and its evaluation.
func lookUp(name string) (r Registration, f Found, err error) {
	if r, err = findSource(name); err != nil {
		return r, Found{Form: FormOEM}, err
	}
	return r, thisMachine().look(r), nil
}

// formOf returns the form in which events of source have to be written.
func formOf(source string) Form {
	_, f, _ := lookUp(source)
	return f.Form
}

// mayInstall checks that neither the source nor its log belongs to another program.
func mayInstall(s Spec) error {
	if log, err := logNamed(s.Name); err != nil || log != "" {
		if err != nil {
			return installError(s.Name, err)
		}
		return fmt.Errorf("%w: %q is the name of a log", ErrSourceName, s.Name)
	}
	log, err := logNamed(s.Log)
	if err != nil {
		return installError(s.Name, err)
	}
	if log == "" {
		if other, err := findSource(s.Log); err == nil {
			return fmt.Errorf("%w: the log %q would have the name of a source of the log %q", ErrSourceName, s.Log, other.Log)
		}
	} else if s.ownsLog() && !madeLog(log) {
		return fmt.Errorf("%w: the log %q was not made by Install: its size and retention are not changed", ErrForeignSource, log)
	}
	switch r, err := findSource(s.Name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return installError(s.Name, err)
	case thisMachine().foreign(r, s.MessageFile, s.CategoryFile):
		return foreignError(s.Name, r)
	case !strings.EqualFold(r.Log, s.Log):
		return fmt.Errorf("%w: %q belongs to the log %q, not to %q: uninstall it first; Windows notices the move after a restart", ErrSourceElsewhere, s.Name, r.Log, s.Log)
	}
	return nil
}

func foreignError(name string, r Registration) error {
	if r.Provider != "" {
		return fmt.Errorf("%w: %q is a provider with a manifest, %s", ErrForeignSource, name, r.Provider)
	}
	return fmt.Errorf("%w: %q has the message file %s", ErrForeignSource, name, cmp.Or(r.Messages, r.categories, r.parameters))
}

// ownsLog reports whether s has settings for its log.
func (s Spec) ownsLog() bool { return s.MaxSize > 0 || s.Retention != 0 }

// madeLog reports whether Install created the log.
func madeLog(log string) bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, RegistryKey+`\`+log, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	_, _, err = key.GetIntegerValue(ownLogValue)
	return err == nil
}

func install(s Spec) (changed bool, err error) {
	if err := mayInstall(s); err != nil {
		return false, err
	}
	// Create the keys first: this shows whether the account may register at all.
	logChanged, err := s.installLog()
	if err != nil {
		return false, installError(s.Name, err)
	}
	key, existed, err := registry.CreateKey(registry.LOCAL_MACHINE, RegistryKey+`\`+s.Log+`\`+s.Name, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return logChanged, errors.Join(installError(s.Name, err), removeLog(s.Log))
	}
	defer key.Close()
	values, wrote, unlock, err := placeFiles(s)
	if err != nil {
		if !existed { // don't leave a source without a message file
			_ = registry.DeleteKey(registry.LOCAL_MACHINE, RegistryKey+`\`+s.Log+`\`+s.Name)
			_ = removeLog(s.Log)
		}
		return false, installError(s.Name, err)
	}
	defer unlock()
	changed = wrote || !existed || logChanged
	for _, v := range values {
		set, err := v.set(key)
		if err != nil {
			return changed, installError(s.Name, err)
		}
		changed = changed || set
	}
	removeUnusedFiles(MessageDir())
	return changed, nil
}

// installLog creates the log of s if there is none, and applies the settings in s to a log that
// Install created.
func (s Spec) installLog() (changed bool, err error) {
	key, existed, err := registry.CreateKey(registry.LOCAL_MACHINE, RegistryKey+`\`+s.Log, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		if existing, _ := logNamed(s.Log); existing != "" && !s.ownsLog() {
			return false, nil // nothing is to be set there
		}
		return false, err
	}
	defer key.Close()
	if existed && !madeLog(s.Log) {
		return false, nil
	}
	for _, v := range s.logValues() {
		set, err := v.set(key)
		if err != nil {
			return changed, err
		}
		changed = changed || set
	}
	return changed, nil
}

// removeLog removes a log that Install created, once its only source is the one of the same name
// that .NET adds.
func removeLog(log string) error {
	if !madeLog(log) {
		return nil
	}
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, RegistryKey+`\`+log, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return err
	}
	names, err := subKeys(key)
	key.Close()
	if err != nil || len(names) > 1 || len(names) == 1 && !strings.EqualFold(names[0], log) {
		return err
	}
	for _, name := range names {
		if err := registry.DeleteKey(registry.LOCAL_MACHINE, RegistryKey+`\`+log+`\`+name); err != nil {
			return err
		}
	}
	return registry.DeleteKey(registry.LOCAL_MACHINE, RegistryKey+`\`+log)
}

// placeFiles creates the message files, or uses those that s names, and returns the registry values
// for them. Until unlock is called, no other Install or Uninstall removes the files.
func placeFiles(s Spec) (values []value, wrote bool, unlock func(), err error) {
	dir := MessageDir()
	if unlock, err = claimDir(dir); err != nil {
		return nil, false, nil, err
	}
	messages, categories := s.MessageFile, s.CategoryFile
	if messages == "" {
		messages, wrote, err = placeFile(dir, "msg", s.Messages)
	}
	if err == nil && categories == "" && s.CategoryNames != nil {
		var wroteToo bool
		categories, wroteToo, err = placeFile(dir, "cat", s.CategoryNames)
		wrote = wrote || wroteToo
	}
	for _, file := range []string{messages, categories} {
		if err == nil && file != "" {
			_, err = os.Stat(file)
		}
	}
	if err != nil {
		unlock()
		return nil, false, nil, err
	}
	return s.values(messages, categories), wrote, unlock, nil
}

func uninstall(name string) error {
	r, err := findSource(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return installError(name, err)
	case thisMachine().foreign(r):
		return foreignError(name, r)
	}
	log, err := registry.OpenKey(registry.LOCAL_MACHINE, RegistryKey+`\`+r.Log, registry.SET_VALUE)
	if err != nil {
		return installError(name, err)
	}
	defer log.Close()
	var unlock func()
	lockErr := patiently(func() (err error) { unlock, err = lockDir(MessageDir()); return err }, fs.ErrNotExist)
	err = registry.DeleteKey(log, name)
	if lockErr == nil { // or there is no such folder
		removeUnusedFiles(MessageDir())
		unlock()
		removeEmptyDir(MessageDir())
	}
	if err == nil {
		err = removeLog(r.Log)
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
