package eventlog

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// findSource returns the registration of source, or fs.ErrNotExist. It skips logs that this account
// may not read, such as Security.
func findSource(source string) (r Registration, err error) {
	err = eachLog(func(log string, key registry.Key) error {
		k, err := registry.OpenKey(key, source, registry.QUERY_VALUE)
		if err != nil {
			return nil
		}
		defer k.Close()
		r.Log = log
		for name, text := range map[string]*string{
			"EventMessageFile": &r.Messages, "CategoryMessageFile": &r.categories, "ParameterMessageFile": &r.parameters,
			ownFileValue: &r.own, "ProviderGuid": &r.Provider,
		} {
			if *text, err = fileList(k, name); err != nil {
				return fmt.Errorf("%s of source %q: %w", name, source, err)
			}
		}
		return fs.SkipAll
	})
	if err == nil && r.Log == "" {
		err = fs.ErrNotExist
	}
	return r, err
}

// fileList reads a string value, or a multi-string value joined with semicolons. It returns "" if
// there is no such value.
func fileList(key registry.Key, name string) (string, error) {
	text, _, err := key.GetStringValue(name)
	if errors.Is(err, registry.ErrUnexpectedType) {
		var all []string
		if all, _, err = key.GetStringsValue(name); errors.Is(err, registry.ErrUnexpectedType) {
			return "", nil // no name of a file
		}
		text = strings.Join(all, ";")
	}
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return text, err
}

// logNamed returns the name of a log as spelled in the registry.
func logNamed(name string) (log string, err error) {
	err = eachLog(func(each string, _ registry.Key) error {
		if strings.EqualFold(each, name) {
			log = each
		}
		return nil
	})
	return log, err
}

// eachLog calls f with the key of every log that can be read.
func eachLog(f func(log string, key registry.Key) error) error {
	logs, err := registry.OpenKey(registry.LOCAL_MACHINE, RegistryKey, registry.ENUMERATE_SUB_KEYS)
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

// set sets the value and reports whether that changed it.
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

// usedFiles returns the message files of all sources, in lower case.
func usedFiles() (map[string]bool, error) {
	used := make(map[string]bool)
	err := eachLog(func(_ string, key registry.Key) error {
		names, err := subKeys(key)
		if err != nil {
			return err
		}
		for _, name := range names {
			k, err := registry.OpenKey(key, name, registry.QUERY_VALUE)
			if err != nil {
				continue
			}
			for _, value := range []string{"EventMessageFile", "CategoryMessageFile"} {
				list, err := fileList(k, value)
				if err != nil {
					continue
				}
				for _, file := range thisMachine().files(list) {
					used[strings.ToLower(filepath.Clean(file))] = true
				}
			}
			k.Close()
		}
		return nil
	})
	return used, err
}

// subKeys lists the keys below key. The registry enumerates keys by index, so a key is missed if
// another one is deleted in the meantime. The list is therefore read until it is the same twice.
func subKeys(key registry.Key) (names []string, err error) {
	for try := range 50 {
		last := names
		if names, err = key.ReadSubKeyNames(-1); err != nil {
			return nil, err
		}
		if try > 0 && slices.Equal(names, last) {
			return names, nil
		}
	}
	return nil, errors.New("sources come and go too fast")
}
