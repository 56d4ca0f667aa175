package child

import (
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const seesRest = true

func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS}
}

func everyContainment(t *testing.T, f func(t *testing.T)) { t.Run("job", f) }

func pitfall([]string) int { return 1 }

func plain() {}

func TestContainment(t *testing.T) {
	p, _ := startNode(t, nil, Options{Ask: AskNothing}, "0")
	assert.Equal(t, Job, p.Containment())
	assert.True(t, p.Containment().Whole())
	assert.True(t, p.Containment().DiesWithParent())
}

func TestJobHoldsDetached(t *testing.T) {
	p, out := startNode(t, nil, Options{Ask: AskNothing}, "2", "setsid", "stubborn")
	require.NoError(t, p.Stop(t.Context()))
	assert.Empty(t, out.rest(t))
}

func TestWithoutJob(t *testing.T) {
	refused := errors.New("access is denied")
	assignJob = func(job, process windows.Handle) error { return refused }
	t.Cleanup(func() { assignJob = windows.AssignProcessToJobObject })
	t.Run("not had", func(t *testing.T) {
		p, out := startNode(t, nil, Options{Ask: AskNothing}, "0", "stubborn")
		assert.Zero(t, p.Containment())
		assert.NoError(t, p.Stop(t.Context()))
		assert.Empty(t, out.rest(t))
	})
	t.Run("demanded", func(t *testing.T) {
		cmd := testenv.Command(t, "node", "0")
		_, err := Start(t.Context(), cmd, &Options{Ask: AskNothing, Whole: true})
		assert.ErrorIs(t, err, ErrNotContained)
		assert.ErrorIs(t, err, refused)
		assert.NotNil(t, cmd.ProcessState, "has been killed and reaped before it ran")
	})
}

func TestSignalWithoutConsole(t *testing.T) {
	if _, err := windows.GetConsoleCP(); err == nil {
		t.Skip("this process has a console")
	}
	p, out := startNode(t, nil, Options{}, "1")
	err := p.Stop(t.Context())
	assert.ErrorIs(t, err, ErrKilled)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Empty(t, out.rest(t))
}
