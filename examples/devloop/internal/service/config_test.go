package service

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

var spec = Spec{Name: "config-test-service", Listen: "localhost:8081"}

func load(t *testing.T, file string, env map[string]string) (Config, string, error) {
	name := ""
	if file != "" {
		name = filepath.Join(t.TempDir(), "x.json")
		require.NoError(t, os.WriteFile(name, []byte(file), 0o600))
	}
	return LoadConfig(spec, name, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

func TestConfigDefaults(t *testing.T) {
	c, from, err := load(t, "", nil)
	require.NoError(t, err)
	dirs, err := pathx.DirsOf("devloop")
	require.NoError(t, err)
	assert.Equal(t, Config{Listen: "localhost:8081", UserServiceURL: "http://localhost:8081",
		OrderServiceURL: "http://localhost:8082", DataDir: dirs.Data}, c)
	assert.Equal(t, "defaults and environment", from)
}

func TestConfigPrecedence(t *testing.T) {
	t.Setenv("DEVLOOP_TEST_PASSWORD", "p%40ss")
	c, from, err := load(t, `{"listen": ":1", "data_dir": "/file", "database_url": "postgres://u:${DEVLOOP_TEST_PASSWORD}@h/d"}`,
		map[string]string{"DATA_DIR": "/env", "REDIS_URL": "redis://env", "LISTEN": "", "ADDR_FILE": "/addr"})
	require.NoError(t, err)
	assert.Equal(t, ":1", c.Listen, "the file's: an empty variable is none")
	assert.Equal(t, "/env", c.DataDir, "the environment wins over the file")
	assert.Equal(t, "redis://env", c.RedisURL)
	assert.Equal(t, "postgres://u:p%40ss@h/d", c.DatabaseURL, "the file's values name variables")
	assert.Equal(t, "http://localhost:8082", c.OrderServiceURL, "the default")
	assert.Equal(t, "/addr", c.addrFile)
	assert.Equal(t, "x.json", filepath.Base(from))
}

// PowerShell's > and Notepad write UTF-16 with a byte order mark.
func TestConfigInUTF16(t *testing.T) {
	file := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(`{"data_dir": "/数据"}`)) {
		file = append(file, byte(unit), byte(unit>>8))
	}
	c, _, err := load(t, string(file), nil)
	require.NoError(t, err)
	assert.Equal(t, "/数据", c.DataDir)
}

func TestConfigErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		env  map[string]string
		err  string
	}{
		"not JSON":         {`listen: 8081`, nil, "x.json: invalid character"},
		"unknown setting":  {`{"lisen": ":1"}`, nil, `unknown field "lisen"`},
		"ADDR_FILE":        {`{"addr_file": "x"}`, nil, `unknown field "addr_file"`},
		"unknown variable": {`{"data_dir": "${DEVLOOP_TEST_NOWHERE}/x"}`, nil, "DATA_DIR: pathx: can't expand"},
		"no port":          {"", map[string]string{"LISTEN": "localhost"}, "LISTEN: want host:port"},
		"no scheme":        {"", map[string]string{"USER_SERVICE_URL": "localhost:8081"}, "USER_SERVICE_URL: want a URL"},
		"no host":          {"", map[string]string{"ORDER_SERVICE_URL": "http:///x"}, "ORDER_SERVICE_URL: want a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := load(t, tt.file, tt.env)
			assert.ErrorContains(t, err, tt.err)
		})
	}
	_, _, err := LoadConfig(spec, filepath.Join(t.TempDir(), "none.json"), os.LookupEnv)
	assert.ErrorIs(t, err, fs.ErrNotExist, "a file that is asked for must be there")
}

func TestLogLine(t *testing.T) {
	var out bytes.Buffer
	log, events, err := newLog(&out, "config-test-service")
	require.NoError(t, err)
	ctx := WithRequestID(t.Context(), "req-1")
	log.With("a", 1).WithGroup("g").InfoContext(ctx, "您好 \x1b[31m", "b", 2)
	log.Info("alone")
	require.NoError(t, events.Shutdown(t.Context()))
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	require.Len(t, lines, 2)
	assert.Regexp(t, `^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) level=INFO msg="您好 \\x1b\[31m" a=1 g.b=2 g?\.?request_id=req-1$`, string(lines[0]))
	assert.NotContains(t, string(lines[1]), "request_id")

	var zone struct{ Time time.Time }
	line, err := json.Marshal(map[string]string{"Time": string(bytes.TrimPrefix(bytes.Fields(lines[1])[0], []byte("time=")))})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &zone), "a time that programs read")
	assert.WithinDuration(t, time.Now(), zone.Time, time.Minute)
	assert.True(t, events.Enabled(t.Context(), slog.LevelWarn))
	assert.False(t, events.Enabled(t.Context(), slog.LevelInfo), "the system's log gets warnings and errors only")
}

func TestBaseURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:81": "http://127.0.0.1:81", "[::1]:81": "http://[::1]:81",
		"0.0.0.0:81": "http://localhost:81", "[::]:81": "http://localhost:81",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		assert.Equal(t, want, baseURL(tcp))
	}
}
