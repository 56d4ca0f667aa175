package consolex

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsMSYSPipe(t *testing.T) {
	for name, want := range map[string]bool{
		`\msys-1888ae32e00d56aa-pty0-to-master`:                      true,
		`\msys-dd50a72ab4668b33-pty12-from-master`:                   true,
		`\cygwin-c5e39b7a9d22bafb-pty1-from-master`:                  true,
		`\cygwin-c5e39b7a9d22bafb-pty3-to-master-nat`:                true, // Cygwin 3.4's second pipe
		`\Device\NamedPipe\msys-dd50a72ab4668b33-pty0-to-master`:     true,
		`\msys-dd50a72ab4668b33-pty-to-master`:                       false,
		`\msys-dd50a72ab4668b33-ptyA-to-master`:                      false,
		`\msys--pty0-to-master`:                                      false,
		`\cygwin-c5e39b7a9d22bafb-pty1-from`:                         false,
		`\cygwin-c5e39b7a9d22bafb-pty1-by-master`:                    false,
		`\mingw-c5e39b7a9d22bafb-pty1-to-master`:                     false,
		`\Win32Pipes.00001234.00000001`:                              false,
		``:                                                           false,
		`\msys-dd50a72ab4668b33-cons0-to-master`:                     false,
		`\Device\NamedPipe\x\cygwin-c5e39b7a9d22bafb-pty0-to-master`: false, // a service's own
		`\x\cygwin-c5e39b7a9d22bafb-pty0-to-master`:                  false,
		`\cygwin-c5e39b7a9d22bafb-pty0-to-master-cyg`:                false,
		`\cygwin-c5e39b7a9d22bafb-pty0-to-master-nat-x`:              false,
		`\cygwin-c5e39b7a9d22bafb-pty0-to-masters`:                   false,
		`\cygwin-log-pty0-to-master`:                                 false,
	} {
		assert.Equal(t, want, isMSYSPipe(name), name)
	}
}

func TestWantsEscapes(t *testing.T) {
	for _, test := range []struct {
		env             map[string]string
		terminal, other bool
	}{
		{nil, true, false},
		{map[string]string{"NO_COLOR": "1"}, false, false},
		{map[string]string{"NO_COLOR": ""}, true, false},
		{map[string]string{"TERM": "dumb"}, false, false},
		{map[string]string{"TERM": "xterm"}, true, false},
		{map[string]string{"FORCE_COLOR": "1"}, true, true},
		{map[string]string{"FORCE_COLOR": "3", "TERM": "dumb"}, true, true},
		{map[string]string{"FORCE_COLOR": "0"}, false, false},
		{map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, false, false},
	} {
		getenv := func(name string) string { return test.env[name] }
		assert.Equal(t, test.terminal, wantsEscapes(true, getenv), "%v, on a terminal", test.env)
		assert.Equal(t, test.other, wantsEscapes(false, getenv), "%v, in a file", test.env)
	}
}

func TestKindNames(t *testing.T) {
	assert.Equal(t, "msys", MSYS.String())
	assert.Equal(t, "null", Null.String())
	assert.Equal(t, "Kind(99)", Kind(99).String())
	for k := None; k <= Null; k++ {
		assert.Equal(t, k == Console || k == Pty || k == MSYS, k.Terminal(), k)
	}
}
