//go:build linux || windows

package svcx

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// nastyWords are arguments that must reach a program unchanged.
var nastyWords = []string{"plain", "", "two words", `say "hi"`, `back\slash`, `C:\dir\`, `C:\my dir\`, `\\server\"share"\\`, `"`, `\"`, `a\\"b`, "100%", "ü 中文 🙂", "tab\there", "'", "^&|<>"}

func state(t *testing.T, s *Service) Status {
	t.Helper()
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	return st
}

func (s *Service) mustExecutable(t *testing.T) string {
	t.Helper()
	exe, err := s.executable()
	require.NoError(t, err)
	return exe
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
