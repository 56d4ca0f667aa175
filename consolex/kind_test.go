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
		`\Device\NamedPipe\x\cygwin-c5e39b7a9d22bafb-pty0-to-master`: true,
	} {
		assert.Equal(t, want, isMSYSPipe(name), name)
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
