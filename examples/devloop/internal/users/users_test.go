package users

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service/servicetest"
	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

func post(t *testing.T, url, body string) (*http.Response, string) {
	t.Helper()
	res, err := http.Post(url+"/users", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(data)
}

func get(t *testing.T, url string, out any) int {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, json.NewDecoder(res.Body).Decode(out))
	return res.StatusCode
}

func TestUsers(t *testing.T) {
	dir := t.TempDir()
	s := servicetest.Start(t, Spec, map[string]string{"DATA_DIR": dir})
	var list []User
	assert.Equal(t, 200, get(t, s.URL+"/users", &list))
	assert.Equal(t, []User{}, list, "an empty list, not null")

	res, body := post(t, s.URL, `{"name": "张伟", "email": "Zhang@Example.com"}`)
	require.Equal(t, 201, res.StatusCode, body)
	var made, got User
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	assert.Equal(t, "张伟", made.Name)
	assert.Equal(t, "zhang@example.com", made.Email)
	assert.Equal(t, 200, get(t, s.URL+res.Header.Get("Location"), &got))
	assert.Equal(t, made, got)

	res, body = post(t, s.URL, `{"name": "another", "email": "zhang@EXAMPLE.com"}`)
	assert.Equal(t, 409, res.StatusCode, body)
	var problem map[string]string
	assert.Equal(t, 404, get(t, s.URL+"/users/nobody", &problem))
	assert.Equal(t, `no user has the ID "nobody"`, problem["error"])

	require.NoError(t, s.Stop())
	s = servicetest.Start(t, Spec, map[string]string{"DATA_DIR": dir})
	assert.Equal(t, 200, get(t, s.URL+"/users", &list))
	assert.Equal(t, []User{made}, list, "the next one has it still")
}

func TestWrongUsers(t *testing.T) {
	s := servicetest.Start(t, Spec, nil)
	for _, name := range []string{"", " \t", strings.Repeat("名", 101), "a\u0000b"} {
		in, _ := json.Marshal(map[string]string{"name": name, "email": "a@b.example"})
		res, body := post(t, s.URL, string(in))
		assert.Equal(t, 422, res.StatusCode, "%q: %s", name, body)
	}
	for _, email := range []string{"", "a", "a@", "A <a@b.example>", "a@b.example, c@d.example", " a@b.example", "a@b.example\n"} {
		in, _ := json.Marshal(map[string]string{"name": "a", "email": email})
		res, body := post(t, s.URL, string(in))
		assert.Equal(t, 422, res.StatusCode, "%q: %s", email, body)
	}
	var list []User
	get(t, s.URL+"/users", &list)
	assert.Empty(t, list)
}

// Two processes overlap for a moment when the service is replaced; one address is one user.
func TestConcurrentSavesInTwoServices(t *testing.T) {
	dir := t.TempDir()
	services := []*servicetest.Service{
		servicetest.Start(t, Spec, map[string]string{"DATA_DIR": dir}),
		servicetest.Start(t, Spec, map[string]string{"DATA_DIR": dir}),
	}
	var mu sync.Mutex
	created := 0
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			res, body := post(t, services[i%2].URL, fmt.Sprintf(`{"name": "n", "email": "user%d@b.example"}`, i/4))
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode == 201 {
				created++
			} else {
				assert.Equal(t, 409, res.StatusCode, body)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 10, created)
	var list []User
	get(t, services[0].URL+"/users", &list)
	assert.Len(t, list, 10)
}
