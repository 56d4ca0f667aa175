package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPlaces(t *testing.T) {
	env := map[string]string{"ProgramFiles": `C:\Program Files`, "LocalAppData": `C:\Users\li\AppData\Local`}
	getenv := func(name string) string { return env[name] }

	assert.Contains(t, places("windows", getenv), `C:\Program Files\Google\Chrome\Application\chrome.exe`)
	assert.Contains(t, places("windows", getenv), `C:\Users\li\AppData\Local\Google\Chrome\Application\chrome.exe`)
	assert.NotContains(t, places("windows", getenv), `\Google\Chrome\Application\chrome.exe`, "a variable that is not set is no root")
	assert.Contains(t, places("darwin", getenv), "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
	assert.Equal(t, "chromium", places("linux", getenv)[0])
}
