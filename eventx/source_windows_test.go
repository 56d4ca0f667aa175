package eventx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// sourceName is unique to the test and process.
func sourceName(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("surefoot-%s-%d", t.Name(), os.Getpid())
	t.Cleanup(func() {
		if r, err := findSource(name); err == nil {
			registry.DeleteKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\`+r.Log+`\`+name)
		}
	})
	return name
}

func findSource(name string) (eventlog.Registration, error) {
	r, _, err := eventlog.LookUp(name)
	return r, err
}

func formOf(name string) eventlog.Form {
	_, f, _ := eventlog.LookUp(name)
	return f.Form
}

// logNamed reports whether there is such a log.
func logNamed(name string) bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\`+name, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	key.Close()
	return true
}

// ownDir keeps message files out of ProgramData.
func ownDir(t *testing.T) string {
	t.Helper()
	old, dir := eventlog.MessageDir, filepath.Join(t.TempDir(), "surefoot", "eventx")
	eventlog.MessageDir = func() string { return dir }
	t.Cleanup(func() { eventlog.MessageDir = old })
	return dir
}

// valuesOf reads a source's key.
func valuesOf(t *testing.T, log, name string) map[string]any {
	t.Helper()
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\`+log+`\`+name, registry.QUERY_VALUE)
	require.NoError(t, err)
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	require.NoError(t, err)
	values := map[string]any{}
	for _, n := range names {
		if text, kind, err := key.GetStringValue(n); err == nil {
			assert.EqualValues(t, registry.EXPAND_SZ, kind, n)
			values[n] = text
		} else if number, _, err := key.GetIntegerValue(n); err == nil {
			values[n] = number
		}
	}
	return values
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	for _, e := range entries {
		if eventlog.IsMessageFileName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

func needRegistry(t *testing.T) {
	t.Helper()
	if !testenv.IsWine() {
		testenv.NeedChange(t, "registers an event source")
	}
}

func TestInstall(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	s := Source{Name: sourceName(t), Events: []Event{{2001, "The payment service can't be reached.\n%1"}}, Categories: []string{"Network", "Storage"}}
	state, err := Status(s.Name)
	require.NoError(t, err)
	assert.Equal(t, Unregistered, state.Mode)
	assert.Contains(t, state.Note, "Install")

	changed, err := Install(s)
	require.NoError(t, err)
	assert.True(t, changed)
	built, err := s.messageFiles()
	require.NoError(t, err)
	messages, categories := filepath.Join(dir, eventlog.MessageFileName("msg", built.messages)), filepath.Join(dir, eventlog.MessageFileName("cat", built.categories))
	want := map[string]any{"EventMessageFile": messages, "CategoryMessageFile": categories, "CategoryCount": uint64(2), "TypesSupported": uint64(7), "CustomSource": uint64(1),
		"SurefootFiles": messages + ";" + categories}
	assert.Equal(t, want, valuesOf(t, "Application", s.Name))
	onDisk, err := os.ReadFile(messages)
	require.NoError(t, err)
	assert.Equal(t, built.messages, onDisk)
	state, err = Status(s.Name)
	require.NoError(t, err)
	assert.Equal(t, State{Mode: OwnFile, Log: "Application", MessageFile: messages}, state)

	changed, err = Install(s)
	require.NoError(t, err)
	assert.False(t, changed, "twice")
	assert.Equal(t, want, valuesOf(t, "Application", s.Name))

	// A broken registration is repaired.
	require.NoError(t, os.Remove(messages))
	state, err = Status(s.Name)
	require.NoError(t, err)
	assert.Equal(t, BrokenFile, state.Mode)
	changed, err = Install(s)
	require.NoError(t, err)
	assert.True(t, changed)
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\Application\`+s.Name, registry.SET_VALUE)
	require.NoError(t, err)
	require.NoError(t, key.SetStringValue("EventMessageFile", `C:\old\service.exe`))
	require.NoError(t, key.DeleteValue("TypesSupported"))
	key.Close()
	changed, err = Install(s)
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, want, valuesOf(t, "Application", s.Name))

	// An update creates a new file and removes the old one.
	s.Events, s.Categories = append(s.Events, Event{2002, "Another"}), nil
	changed, err = Install(s)
	require.NoError(t, err)
	assert.True(t, changed)
	updated := files(t, dir)
	assert.Len(t, updated, 1)
	file := filepath.Join(dir, updated[0])
	want = map[string]any{"EventMessageFile": file, "SurefootFiles": file, "TypesSupported": uint64(7), "CustomSource": uint64(1)}
	assert.Equal(t, want, valuesOf(t, "Application", s.Name))

	require.NoError(t, Uninstall(s.Name))
	_, err = findSource(s.Name)
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.Empty(t, files(t, dir))
	assert.NoDirExists(t, dir)
	assert.NoError(t, Uninstall(s.Name), "twice")
}

// TestInstallShared checks that a file shared by two sources stays until both are uninstalled.
func TestInstallShared(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	a := Source{Name: sourceName(t)}
	b := Source{Name: a.Name + "-b", Log: "System"}
	for _, s := range []Source{a, b} {
		_, err := Install(s)
		require.NoError(t, err)
	}
	assert.Len(t, files(t, dir), 1)
	require.NoError(t, Uninstall(a.Name))
	assert.Len(t, files(t, dir), 1)
	require.NoError(t, b.OnUninstall(context.Background()))
	assert.Empty(t, files(t, dir))
}

// TestInstallKilled checks that the remains of a killed Install do not disturb the next one, which
// removes them.
func TestInstallKilled(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	s := Source{Name: sourceName(t)}
	_, err := Install(s)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new-123.tmp"), []byte("half a"), 0o600))
	changed, err := Install(s)
	require.NoError(t, err)
	assert.False(t, changed)
	assert.NoFileExists(t, filepath.Join(dir, "new-123.tmp"))
	require.NoError(t, Uninstall(s.Name))
	assert.NoDirExists(t, dir)
}

// TestConcurrentInstalls updates services concurrently, where one may remove the folder that another is
// about to use.
func TestConcurrentInstalls(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	name := sourceName(t)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			s := Source{Name: fmt.Sprint(name, "-", g), Events: []Event{{uint16(g), "own"}}}
			for range 10 {
				_, err := Install(s)
				assert.NoError(t, err)
				state, err := Status(s.Name)
				assert.NoError(t, err)
				assert.Equal(t, OwnFile, state.Mode, state.Note)
				assert.NoError(t, Uninstall(s.Name))
			}
		})
	}
	wg.Wait()
}

func TestInstallElsewhere(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	s := Source{Name: sourceName(t), Log: "System"}
	_, err := Install(s)
	require.NoError(t, err)
	s.Log = "Application"
	_, err = Install(s)
	assert.ErrorIs(t, err, ErrSourceElsewhere)
	assert.ErrorContains(t, err, `"System"`)
	assert.ErrorContains(t, err, "uninstall it first")
	assert.NoError(t, Uninstall(s.Name), "whichever log it is in")
}

// TestSourceMoved moves a source to another log while a handler has it open. Its events are still
// written, Status says where they go, and Install says what to do.
func TestSourceMoved(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	s := Source{Name: sourceName(t)}
	_, err := Install(s)
	require.NoError(t, err)
	h := newNamedHandler(t, s.Name)
	slog.New(h).Error("before", ID(4000))
	flush(t, h)

	values := valuesOf(t, "Application", s.Name)
	require.NoError(t, registry.DeleteKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\Application\`+s.Name))
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\System\`+s.Name, registry.SET_VALUE)
	require.NoError(t, err)
	require.NoError(t, key.SetExpandStringValue("EventMessageFile", values["EventMessageFile"].(string)))
	require.NoError(t, key.Close())

	slog.New(h).Error("after", ID(4000))
	flush(t, h)
	assert.Equal(t, Stats{Sent: 2, Written: 2}, checkSum(t, h))
	later := newNamedHandler(t, s.Name)
	slog.New(later).Error("later", ID(4000))
	flush(t, later)
	assert.Equal(t, Stats{Sent: 1, Written: 1}, checkSum(t, later))

	state, err := Status(s.Name)
	require.NoError(t, err)
	assert.Equal(t, "System", state.Log)
	assert.Equal(t, OwnFile, state.Mode)
	assert.Len(t, files(t, dir), 1, "which the moved one needs")
	_, err = Install(s)
	require.ErrorIs(t, err, ErrSourceElsewhere)
	assert.ErrorContains(t, err, `belongs to the log "System", not to "Application": uninstall it first`)
	require.NoError(t, Uninstall(s.Name), "wherever it is")
	_, err = Install(s)
	require.NoError(t, err)
	require.NoError(t, Uninstall(s.Name))
	assert.NoDirExists(t, dir)
}

func newNamedHandler(t *testing.T, source string) *Handler {
	t.Helper()
	h, err := NewHandler(source, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

// register creates a source with the given values, like another program.
func register(t *testing.T, log, name string, values map[string]any) {
	t.Helper()
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\`+log+`\`+name, registry.SET_VALUE)
	require.NoError(t, err)
	defer key.Close()
	for name, v := range values {
		switch v := v.(type) {
		case string:
			require.NoError(t, key.SetStringValue(name, v))
		case []string:
			require.NoError(t, key.SetStringsValue(name, v))
		case float64:
			require.NoError(t, key.SetDWordValue(name, uint32(v)))
		}
	}
}

// TestForeignSources checks that no value of another program's source or log is changed.
func TestForeignSources(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	other := filepath.Join(t.TempDir(), "other.dll")
	require.NoError(t, os.WriteFile(other, nil, 0o600))
	for name, values := range map[string]map[string]any{
		"file":            {"EventMessageFile": other, "CategoryMessageFile": other, "CategoryCount": 2.0},
		"any case":        {"eventmessagefile": other},
		"list":            {"EventMessageFile": `C:\gone.dll;` + other + `;`},
		"list of strings": {"EventMessageFile": []string{`C:\gone.dll`, other}},
		"quotes":          {"EventMessageFile": `"` + other + `"`},
		"variable":        {"EventMessageFile": `%SystemRoot%\system32\kernel32.dll`},
		"bare name":       {"EventMessageFile": `kernel32.dll`},
		"categories":      {"CategoryMessageFile": other, "CategoryCount": 2.0},
		"parameters":      {"ParameterMessageFile": other},
		"GUID":            {"providerGuid": "{12345678-1234-1234-1234-123456789abc}"},
	} {
		t.Run(name, func(t *testing.T) {
			source := sourceName(t)
			register(t, "Application", source, values)
			before := rawValues(t, "Application", source)
			changed, err := Install(Source{Name: source, Categories: []string{"Mine"}})
			assert.ErrorIs(t, err, ErrForeignSource)
			assert.False(t, changed)
			assert.ErrorIs(t, Uninstall(source), ErrForeignSource)
			assert.Equal(t, before, rawValues(t, "Application", source))
			assert.NoDirExists(t, dir)
		})
	}
	for name, values := range map[string]map[string]any{
		"nothing":     {},
		"missing":     {"EventMessageFile": `C:\gone.dll;C:\gone too.dll`, "CategoryMessageFile": `C:\gone.dll`},
		"EventCreate": {"EventMessageFile": `%SystemRoot%\System32\EventCreate.exe`},
	} {
		t.Run("free "+name, func(t *testing.T) {
			source := sourceName(t)
			register(t, "Application", source, values)
			changed, err := Install(Source{Name: source})
			require.NoError(t, err)
			assert.True(t, changed)
			assert.NoError(t, Uninstall(source))
		})
	}
}

// rawValues reads the raw values of a source's key.
func rawValues(t *testing.T, log, name string) map[string]string {
	t.Helper()
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\`+log+`\`+name, registry.QUERY_VALUE)
	require.NoError(t, err)
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	require.NoError(t, err)
	values := map[string]string{}
	for _, n := range names {
		size, kind, err := key.GetValue(n, nil)
		require.NoError(t, err)
		buf := make([]byte, size)
		_, _, err = key.GetValue(n, buf)
		require.NoError(t, err)
		values[n] = fmt.Sprintf("%d %x", kind, buf)
	}
	return values
}

// TestStatusOfRealSources uses the registrations of sources from four real machines.
func TestStatusOfRealSources(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	text, err := os.ReadFile("testdata/sources.json")
	require.NoError(t, err)
	var sources []struct {
		Log, Source string
		Values      map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &sources))
	old := eventlog.RegistryKey
	eventlog.RegistryKey = fmt.Sprintf(`SOFTWARE\surefoot-test-%d`, os.Getpid())
	t.Cleanup(func() { eventlog.RegistryKey = old })
	seen := map[Mode]int{}
	for i, s := range sources {
		if s.Source == "" {
			continue
		}
		name := fmt.Sprintf("source %d", i)
		register(t, "Application", name, s.Values)
		t.Cleanup(func() { registry.DeleteKey(registry.LOCAL_MACHINE, eventlog.RegistryKey+`\Application\`+name) })
		file, provider := "", false
		for name, v := range s.Values {
			switch strings.ToLower(name) {
			case "eventmessagefile":
				file, _ = v.(string)
			case "providerguid":
				provider = true
			}
		}
		state, err := Status(name)
		require.NoError(t, err, s)
		seen[state.Mode]++
		assert.Equal(t, file, state.MessageFile, s)
		switch state.Mode {
		case Unregistered:
			assert.True(t, file == "" && !provider, s)
		case BrokenFile:
			assert.Contains(t, state.Note, "missing", s)
		case ForeignFile, DotNetFile:
			assert.True(t, file != "" || provider, s)
		default:
			t.Errorf("%v: %v", state.Mode, s)
		}
		_, err = Install(Source{Name: name})
		if state.Mode == ForeignFile || provider {
			assert.ErrorIs(t, err, ErrForeignSource, s)
		}
	}
	t.Log(seen)
	assert.NotZero(t, seen[ForeignFile])
	assert.NotZero(t, seen[BrokenFile])
}

// TestCustomLog checks that Install creates a log and Uninstall removes it with its last source.
func TestCustomLog(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	log := fmt.Sprintf("surefoot-log-%d", os.Getpid())
	logKey := eventlog.RegistryKey + `\` + log
	a := Source{Name: sourceName(t) + "-a", Log: log, MaxSize: 1 << 20, Retention: Keep}
	b := Source{Name: sourceName(t) + "-b", Log: log}
	for _, s := range []Source{a, b} {
		changed, err := Install(s)
		require.NoError(t, err)
		assert.True(t, changed)
		changed, err = Install(s)
		require.NoError(t, err)
		assert.False(t, changed)
	}
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, logKey, registry.QUERY_VALUE)
	require.NoError(t, err)
	size, _, err := key.GetIntegerValue("MaxSize")
	key.Close()
	require.NoError(t, err)
	assert.Equal(t, uint64(1<<20), size)

	_, err = Install(Source{Name: log})
	assert.ErrorIs(t, err, ErrSourceName, "a source named as a log")
	_, err = Install(Source{Name: "another", Log: a.Name})
	assert.ErrorIs(t, err, ErrSourceName, "a log named as a source")
	require.NoError(t, Uninstall(a.Name))
	_, err = findSource(b.Name)
	assert.NoError(t, err, "the log is not empty")
	require.NoError(t, Uninstall(b.Name))
	assert.False(t, logNamed(log))

	// Another program's log is used, but neither changed nor removed.
	register(t, log, log, nil)
	t.Cleanup(func() {
		registry.DeleteKey(registry.LOCAL_MACHINE, logKey+`\`+log)
		registry.DeleteKey(registry.LOCAL_MACHINE, logKey)
	})
	_, err = Install(a)
	assert.ErrorIs(t, err, ErrForeignSource)
	_, err = Install(b)
	require.NoError(t, err)
	require.NoError(t, Uninstall(b.Name))
	assert.True(t, logNamed(log))
}

// TestShippedFile checks that an installer's signed file is registered, and not removed by
// Uninstall.
func TestShippedFile(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	s := Source{Name: sourceName(t), MessageFile: filepath.Join(t.TempDir(), "orders.dll")}
	_, err := Install(s)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = findSource(s.Name)
	require.ErrorIs(t, err, os.ErrNotExist)
	dll, err := s.MessageDLL()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.MessageFile, append(dll, "signature"...), 0o600))
	_, err = Install(s)
	require.NoError(t, err)
	state, err := Status(s.Name)
	require.NoError(t, err)
	assert.Equal(t, State{Mode: OwnFile, Log: "Application", MessageFile: s.MessageFile}, state)
	changed, err := Install(s)
	require.NoError(t, err)
	assert.False(t, changed)
	require.NoError(t, Uninstall(s.Name))
	assert.FileExists(t, s.MessageFile)
}

// TestInstallWithoutFile checks that nothing is registered if the file can't be created.
func TestInstallWithoutFile(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	require.NoError(t, os.WriteFile(filepath.Dir(filepath.Dir(dir))+`\blocked`, nil, 0o600))
	eventlog.MessageDir = func() string { return filepath.Dir(filepath.Dir(dir)) + `\blocked\surefoot\eventx` }
	s := Source{Name: sourceName(t)}
	changed, err := Install(s)
	assert.Error(t, err)
	assert.False(t, changed)
	_, err = findSource(s.Name)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestFileInPlaceOfDir checks that Install fails if the path is not a folder, and leaves no partial
// registration.
func TestFileInPlaceOfDir(t *testing.T) {
	needRegistry(t)
	dir := ownDir(t)
	require.NoError(t, os.WriteFile(filepath.Dir(dir), nil, 0o600))
	s := Source{Name: sourceName(t)}
	changed, err := Install(s)
	assert.ErrorIs(t, err, eventlog.ErrUntrustedDir)
	assert.False(t, changed)
	_, err = findSource(s.Name)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestUntrustedDir checks that Install rejects a folder created by a user.
func TestUntrustedDir(t *testing.T) {
	testenv.NeedWindows(t, "maps owners to Unix's")
	needRegistry(t)
	dir := ownDir(t)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	guests, err := windows.CreateWellKnownSid(windows.WinBuiltinGuestsSid)
	require.NoError(t, err)
	testenv.EnablePrivilege(t, "SeRestorePrivilege") // to give it away
	require.NoError(t, windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, guests, nil, nil, nil))
	_, err = Install(Source{Name: sourceName(t)})
	assert.ErrorIs(t, err, eventlog.ErrUntrustedDir)
}

// TestMessageDir checks that the real directory is under ProgramData.
func TestMessageDir(t *testing.T) {
	assert.Regexp(t, `(?i)^[a-z]:\\ProgramData\\surefoot\\eventx$`, eventlog.MessageDir())
}

// TestReportRegistered checks that events of an installed source keep their IDs.
func TestReportRegistered(t *testing.T) {
	needRegistry(t)
	ownDir(t)
	s := Source{Name: sourceName(t)}
	assert.Equal(t, eventlog.FormOEM, formOf(s.Name))
	_, err := Install(s)
	require.NoError(t, err)
	defer Uninstall(s.Name)
	assert.Equal(t, eventlog.FormAny, formOf(s.Name))
	h, err := NewHandler(s.Name, nil)
	require.NoError(t, err)
	slog.New(h).Error("it broke", ID(4000))
	require.NoError(t, h.Close())
	assert.Equal(t, Stats{Sent: 1, Written: 1}, h.Stats())
}
