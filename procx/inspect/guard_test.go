package inspect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// If a page's name is made to resolve to 127.0.0.1 after it was loaded, the browser considers it
// same-origin with the debug server. The Host header reveals its name.
func TestDNSRebinding(t *testing.T) {
	s := start(t, Options{})
	for host, want := range map[string]int{
		"attacker.example":         http.StatusForbidden,
		"attacker.example:6060":    http.StatusForbidden,
		"localhost.attacker.test":  http.StatusForbidden,
		"127.0.0.1.attacker.test":  http.StatusForbidden,
		"localhost:6060":           http.StatusOK,
		"LOCALHOST.":               http.StatusOK,
		"127.0.0.1:1":              http.StatusOK,
		"[::1]:6060":               http.StatusOK,
		"[fe80::1%25eth0]:6060":    http.StatusOK,
		"attacker.example#[::1]:1": http.StatusForbidden,
	} {
		req, err := http.NewRequest("GET", s.URL()+"/debug/vars", nil)
		require.NoError(t, err)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		if resp.StatusCode == http.StatusBadRequest {
			want = resp.StatusCode // net/http itself refused it
		}
		assert.Equal(t, want, resp.StatusCode, host)
	}
}

func TestHostAllowed(t *testing.T) {
	for _, tt := range []struct {
		host, serverName string
		want             bool
	}{
		{"localhost", "", true},
		{"db1.corp.example:6060", "db1.corp.example", true},
		{"db1.corp.example:6060", "", false},
		{"attacker.example", "db1.corp.example", false},
		{"", "", false},
		{"::1", "", true},
		{"[::1]", "", true},
		{"0.0.0.0:80", "", true},
		{"2130706433", "", false},
	} {
		assert.Equal(t, tt.want, hostAllowed(tt.host, tt.serverName), tt.host)
	}
}

func TestOtherSites(t *testing.T) {
	s := start(t, Options{})
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 200, "none": 200, "": 200} {
		req, err := http.NewRequest("GET", s.URL()+"/debug/vars", nil)
		require.NoError(t, err)
		req.Header.Set("Sec-Fetch-Site", site)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, site)
	}
}

func TestToken(t *testing.T) {
	s := start(t, Options{Addr: ":0", Token: token, TLS: certificate(t)})
	assert.Regexp(t, `^https://localhost:\d+$`, s.URL())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	for name, tt := range map[string]struct {
		set  func(*http.Request)
		want int
	}{
		"bearer":      {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, 200},
		"basic":       {func(r *http.Request) { r.SetBasicAuth("anyone", token) }, 200},
		"none":        {func(r *http.Request) {}, 401},
		"wrong":       {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token+"x") }, 401},
		"empty basic": {func(r *http.Request) { r.SetBasicAuth(token, "") }, 401},
	} {
		req, err := http.NewRequest("GET", s.URL()+"/debug/build", nil)
		require.NoError(t, err)
		tt.set(req)
		resp, err := client.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, tt.want, resp.StatusCode, name)
	}
}

func TestRequestRate(t *testing.T) {
	h := newGuard("", http.NotFoundHandler())
	limited := 0
	for range 3 * requestBurst {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", "http://localhost/none", nil))
		if answer.Code == http.StatusTooManyRequests {
			limited++
			assert.NotEmpty(t, answer.Header().Get("Retry-After"))
		}
	}
	assert.NotZero(t, limited)
}

func TestBucket(t *testing.T) {
	now := time.Unix(0, 0)
	b := &bucket{tokens: requestBurst, now: func() time.Time { return now }}
	for range requestBurst {
		require.True(t, b.take())
	}
	assert.False(t, b.take())
	now = now.Add(time.Second)
	for range requestRate {
		require.True(t, b.take())
	}
	assert.False(t, b.take())
	now = now.Add(time.Hour)
	for range requestBurst {
		require.True(t, b.take())
	}
	assert.False(t, b.take(), "never more than the burst")
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
