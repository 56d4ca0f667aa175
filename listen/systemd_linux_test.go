package listen

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSocketUnitHasPort has a real systemd listen for a socket unit. The first hint names the
// unit, and the second frees the port.
func TestSocketUnitHasPort(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	const name, port = "surefoot-listen", 18080
	for kind, text := range map[string]string{
		"socket":  fmt.Sprintf("[Socket]\nListenStream=%d\nListenDatagram=%d\n", port, port),
		"service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	} {
		file := filepath.Join("/run/systemd/system", name+"."+kind)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		t.Cleanup(func() { os.Remove(file) })
	}
	run := func(command string) string {
		t.Helper()
		out, err := exec.Command("/bin/sh", "-c", command).CombinedOutput()
		require.NoError(t, err, "%s: %s", command, out)
		return string(out)
	}
	run("systemctl daemon-reload && systemctl start " + name + ".socket")
	address := fmt.Sprint(":", port)
	for proto, listen := range map[string]func() error{
		"tcp": func() error { _, err := Dual(address); return err },
		"udp": func() error { _, err := DualUDP(address); return err },
	} {
		err := listen()
		var refused *Error
		require.ErrorAs(t, err, &refused, proto)
		require.ErrorIs(t, err, ErrInUse)
		require.NotEmpty(t, refused.Owners)
		assert.Equal(t, 1, refused.Owners[0].PID)
		assert.Contains(t, err.Error(), "systemd (pid 1), which holds it for a .socket unit, at [::]:18080; try: systemctl list-sockets")
		require.Len(t, refused.Hints, 2)
		assert.Contains(t, run(refused.Hints[0]), name+".socket")
		assert.NotContains(t, strings.Join(refused.Hints, "\n"), "kill")
	}
	var refused *Error
	_, err := Dual(address)
	require.ErrorAs(t, err, &refused)
	run(strings.NewReplacer("sudo ", "", "UNIT", name).Replace(refused.Hints[1]))
	l, err := Dual(address)
	require.NoError(t, err, "the hint has freed the port")
	require.NoError(t, l.Close())
}
