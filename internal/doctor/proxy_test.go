package doctor

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// writeProxy makes a module proxy in dir that serves example.com/dep v1.0.0.
func writeProxy(t *testing.T, dir string) {
	t.Helper()
	const prefix = "example.com/dep@v1.0.0/"
	const mod = "module example.com/dep\n"
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range map[string]string{"go.mod": mod, "dep.go": "package dep\n"} {
		f, err := w.Create(prefix + name)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	at := filepath.Join(dir, "example.com", "dep", "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	for name, data := range map[string][]byte{"list": []byte("v1.0.0\n"), "v1.0.0.info": []byte(`{"Version":"v1.0.0"}`),
		"v1.0.0.mod": []byte(mod), "v1.0.0.zip": b.Bytes()} {
		require.NoError(t, os.WriteFile(filepath.Join(at, name), data, 0o644))
	}
}
