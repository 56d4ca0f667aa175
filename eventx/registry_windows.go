package eventx

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

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

// subKeys lists the keys below key. They are read by their numbers, so that one
// is missed when another goes away meanwhile: hence twice the same list.
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
