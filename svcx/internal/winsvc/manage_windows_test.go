package winsvc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/windows"
)

// install registers the test binary as a service, without starting it.
func install(t *testing.T) (*Backend, *spec.Spec) {
	t.Helper()
	if !testenv.IsWine() {
		testenv.NeedChange(t, "installs services")
	}
	exe, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	m := &Backend{}
	s := &spec.Spec{Name: "surefoot-winsvc-" + filepath.Base(filepath.Dir(dir)), DisplayName: "surefoot-winsvc-" + filepath.Base(filepath.Dir(dir)),
		Executable: exe, StartType: spec.Manual, StopTimeout: time.Second, RestartReset: time.Hour, LogDir: dir}
	_, err = m.Install(t.Context(), s)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := m.Uninstall(context.Background(), s); !errors.Is(err, spec.ErrNotInstalled) {
			assert.NoError(t, err)
		}
	})
	return m, s
}

func TestMarkedForDelete(t *testing.T) {
	before := goneTimeout
	goneTimeout = 200 * time.Millisecond
	t.Cleanup(func() { goneTimeout = before })
	m, s := install(t)
	h, err := open(s.Name, windows.SERVICE_QUERY_STATUS)
	require.NoError(t, err)
	err = m.Uninstall(t.Context(), s)
	assert.ErrorIs(t, err, spec.ErrMarkedForDelete)
	assert.ErrorIs(t, err, windows.ERROR_SERVICE_MARKED_FOR_DELETE)
	assert.ErrorContains(t, err, "close the Services window")
	_, err = m.Install(t.Context(), s)
	assert.ErrorIs(t, err, spec.ErrMarkedForDelete)

	goneTimeout = time.Minute
	installed := make(chan error, 1)
	go func() { _, err := m.Install(t.Context(), s); installed <- err }() // waits until the handle is closed
	h.close()
	require.NoError(t, <-installed)
	require.NoError(t, m.Uninstall(t.Context(), s))
}
