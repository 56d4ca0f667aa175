package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/pathx"
)

func TestParseConfig(t *testing.T) {
	defaults := config{Listen: "localhost:8080", Greeting: "hello 你好", Heartbeat: "1m", heartbeat: time.Minute}
	for _, test := range []struct {
		name, data string
		want       config
		wantErr    string
	}{
		{"empty object", "{}", defaults, ""},
		{"the default itself", string(defaultConfig), defaults, ""},
		{"some fields", `{"listen": ":0", "heartbeat": "2s"}`,
			config{Listen: ":0", Greeting: "hello 你好", Heartbeat: "2s", heartbeat: 2 * time.Second}, ""},
		{"empty file", "", config{}, "f.json:1:1: the JSON object ends early"},
		{"cut short", "{\n\"listen\": \"", config{}, "f.json:2:12: the JSON object ends early"},
		{"syntax", "{\n\t\"listen\": nothing\n}", config{}, "f.json:2:14: invalid character 'o'"},
		{"type", "{\n\t\"listen\": 8080\n}", config{}, "f.json:2:16: listen: want JSON string, got number"},
		{"unknown field", "{\n\t\"greeting\": \"lisen\",\n\t\"lisen\": \":80\"\n}", config{}, "f.json:3:9: lisen: unknown field"},
		{"no port", "{\"listen\": \"localhost\"}", config{}, "f.json:1:10: listen: want host:port"},
		{"no duration", "{\n\n\"heartbeat\": \"soon\"}", config{}, "f.json:3:12: heartbeat: want a positive duration"},
		{"negative duration", "{\"heartbeat\": \"-1s\"}", config{}, "f.json:1:13: heartbeat: want a positive duration"},
		{"trailing text", "{}\n{}", config{}, "f.json:2:2: text after the JSON object"},
		{"not an object", "[]", config{}, "f.json:1:2: want JSON object, got array"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseConfig("f.json", []byte(test.data))
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestLoadConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "notepad.json")
	require.NoError(t, os.WriteFile(file, []byte("\xef\xbb\xbf{\"greeting\": \"您好\"}\r\n"), 0o600))

	c, from, tried, err := loadConfig(pathx.Finder{App: name, Flag: file})
	require.NoError(t, err)
	assert.Equal(t, "您好", c.Greeting)
	assert.Equal(t, file, from)
	assert.NotEmpty(t, tried)

	_, _, _, err = loadConfig(pathx.Finder{App: name, Flag: filepath.Join(dir, "missing.json")})
	require.ErrorContains(t, err, "missing.json", "a file that was asked for must be there")

	c, from, tried, err = loadConfig(pathx.Finder{App: "surefoot-tour-that-is-not-installed"})
	require.NoError(t, err)
	assert.Equal(t, "hello 你好", c.Greeting)
	assert.Equal(t, "the embedded default", from)
	assert.NotEmpty(t, tried, "it says where it looked")
}
