package winsvc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func TestExitCode(t *testing.T) {
	assert.Equal(t, 0, exitCode(0, 0))
	assert.Equal(t, 7, exitCode(1066, 7), "the service's own code")
	assert.Equal(t, 0, exitCode(1077, 0), "it never ran")
	assert.Equal(t, 1067, exitCode(1067, 0))
	assert.Equal(t, 1460, exitCode(1460, 0))
}

func TestExplainErrno(t *testing.T) {
	for errno, want := range map[uint32]error{
		5: spec.ErrAccessDenied, 1053: spec.ErrStartFailed, 1056: spec.ErrAlreadyRunning, 1060: spec.ErrNotInstalled, 1062: spec.ErrNotRunning,
		1068: spec.ErrStartFailed, 1069: spec.ErrStartFailed, 193: spec.ErrStartFailed, 216: spec.ErrStartFailed, 1072: spec.ErrMarkedForDelete,
	} {
		_, kind := explainErrno(errno)
		assert.Equal(t, want, kind, "%d", errno)
	}
	for _, errno := range []uint32{2, 5, 193, 216, 1332, 1053, 1057, 1058, 1060, 1069, 1072, 1078} {
		hint, _ := explainErrno(errno)
		assert.NotEmpty(t, hint, "%d", errno)
	}
	hint, kind := explainErrno(87)
	assert.Empty(t, hint)
	assert.NoError(t, kind)
}
