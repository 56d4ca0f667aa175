package inspect

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFix(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Report
		goos string // of the shell
		want string
	}{
		{"plain", Report{}, "linux", `go build -gcflags="all=-N -l" example.com/app`},
		{"a test", Report{Package: "example.com/app/x.test"}, "linux", `go test -c -gcflags="all=-N -l" example.com/app/x`},
		{"files", Report{Package: "command-line-arguments"}, "linux", `go build -gcflags="all=-N -l" .`},
		{"flags", Report{Race: true, Cover: true, Tags: "a,b", Trimpath: true, flags: []string{"-buildmode=pie", "-pgo=/a b.pgo"}}, "linux",
			`go build -race -cover -buildmode=pie '-pgo=/a b.pgo' -tags=a,b -trimpath=false -gcflags="all=-N -l" example.com/app`},
		{"for PowerShell", Report{Race: true, Tags: "a,b", flags: []string{"-buildmode=pie", "-pgo=/a b.pgo"}}, "windows",
			`go build -race '-buildmode=pie' '-pgo=/a b.pgo' -tags="a,b" -gcflags="all=-N -l" example.com/app`},
		{"another system", Report{GOOS: "windows", GOARCH: "arm64", env: []string{"CGO_ENABLED=0"}}, "linux",
			`GOOS=windows GOARCH=arm64 CGO_ENABLED=0 go build -gcflags="all=-N -l" example.com/app`},
		{"another system's, for PowerShell", Report{GOOS: "linux", GOARCH: "amd64", env: []string{"CGO_ENABLED=0"}}, "windows",
			`$env:GOOS = 'linux'; $env:GOARCH = 'amd64'; $env:CGO_ENABLED = '0'; go build -gcflags="all=-N -l" example.com/app`},
		{"this system", Report{GOOS: "linux", GOARCH: "amd64", env: []string{"CGO_ENABLED=1"}}, "linux", `go build -gcflags="all=-N -l" example.com/app`},
		{"without cgo", Report{GOOS: "linux", GOARCH: "amd64", env: []string{"CGO_ENABLED=0"}}, "linux", `CGO_ENABLED=0 go build -gcflags="all=-N -l" example.com/app`},
		{"quoted ldflags", Report{LDFlags: `-s -w -X 'main.Version=a b'`}, "linux", `go build -gcflags="all=-N -l" -ldflags="-X 'main.Version=a b'" example.com/app`},
		{"the same for PowerShell", Report{LDFlags: `-s -w -X 'main.Version=a b'`}, "windows", `go build -gcflags="all=-N -l" -ldflags="-X 'main.Version=a b'" example.com/app`},
		{"with a dollar", Report{LDFlags: `-X 'main.Price=$5 x'`}, "linux", `go build -gcflags="all=-N -l" '-ldflags=-X '\''main.Price=$5 x'\''' example.com/app`},
		{"with a dollar for PowerShell", Report{LDFlags: `-X 'main.Price=$5 x'`}, "windows", `go build -gcflags="all=-N -l" '-ldflags=-X ''main.Price=$5 x''' example.com/app`},
		{"nothing was stripped", Report{LDFlags: `-X main.v=1`}, "linux", `go build -gcflags="all=-N -l" -ldflags="-X main.v=1" example.com/app`},
		{"by GOFLAGS", Report{Verdict: Stripped}, "linux", `go build -gcflags="all=-N -l" -ldflags="" example.com/app`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.r.Package == "" {
				tt.r.Package = "example.com/app"
			}
			assert.Equal(t, tt.want, tt.r.fix(tt.goos, "amd64"))
		})
	}
}

func TestUnstripped(t *testing.T) {
	for ldflags, want := range map[string]string{
		"": "", "-s -w": "", "--s -w=true -s=1": "", "-w=0": "-w=0", "-s=false -w": "-s=false",
		`-X main.a=1 -s`:                  `-X main.a=1`,
		`-X -s -w`:                        `-X -s`,
		`-extldflags "-static -s" -w`:     `-extldflags '-static -s'`,
		`-X 'main.a=b c' "-X=main.d='e'"`: `-X 'main.a=b c' "-X=main.d='e'"`,
		`'`:                               `''`,
	} {
		assert.Equal(t, want, unstripped(ldflags), ldflags)
	}
}

// A Fix keeps the settings of the original binary.
func TestFixKeepsSettings(t *testing.T) {
	t.Parallel()
	exe := goBuild(t, filepath.Join("testdata", "debuggee"), []string{"CGO_ENABLED=0"}, "-buildvcs=false", "-tags=one,two", "-cover",
		"-buildmode=pie", "-ldflags=-s -w -X 'main.version=a b'")
	require.NotEmpty(t, exe)
	r, err := BuildOf(exe)
	require.NoError(t, err)
	assert.Contains(t, r.Fix, "CGO_ENABLED")
	m, err := BuildOf(run(t, r.Fix))
	require.NoError(t, err)
	assert.Equal(t, Debuggable, m.Verdict, m.Reason)
	assert.Equal(t, "-X 'main.version=a b'", m.LDFlags)
	assert.Equal(t, "one,two", m.Tags)
	assert.True(t, m.Cover)
	assert.False(t, m.CGO)
	assert.Equal(t, r.flags, m.flags)
}

func TestDelveFor(t *testing.T) {
	for version, want := range map[string]string{"go1.26.8": "1.26", "go1.27rc1": "1.27", "go1.27": "1.27", "go1.20.1": "", "devel go1.28-abc": "", "": ""} {
		assert.Equal(t, want, delveFor(version), version)
	}
}

// A universal binary contains one binary per architecture.
func TestBuildOfUniversal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the runtime for other systems")
	}
	const page = 1 << 14
	var data []byte
	fat := binary.BigEndian.AppendUint32(nil, 0xcafebabe)
	fat = binary.BigEndian.AppendUint32(fat, 2)
	for _, arch := range []struct {
		name         string
		cpu, subtype uint32
	}{{"amd64", 0x01000007, 3}, {"arm64", 0x0100000c, 0}} {
		exe := goBuild(t, filepath.Join("testdata", "debuggee"), []string{"GOOS=darwin", "GOARCH=" + arch.name, "CGO_ENABLED=0"}, "-buildvcs=false")
		require.NotEmpty(t, exe)
		part, err := os.ReadFile(exe)
		require.NoError(t, err)
		for _, v := range []uint32{arch.cpu, arch.subtype, uint32(page + len(data)), uint32(len(part)), 14} {
			fat = binary.BigEndian.AppendUint32(fat, v)
		}
		data = append(data, part...)
		data = append(data, make([]byte, -len(data)&(page-1))...)
	}
	fat = append(fat, make([]byte, page-len(fat))...)
	path := filepath.Join(t.TempDir(), "universal")
	require.NoError(t, os.WriteFile(path, append(fat, data...), 0o600))
	r, err := BuildOf(path)
	require.NoError(t, err)
	assert.Equal(t, Optimized, r.Verdict, r.Reason)
	assert.Equal(t, "darwin", r.GOOS)
	assert.True(t, r.DWARF)
}
