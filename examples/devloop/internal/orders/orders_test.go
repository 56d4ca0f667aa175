package orders

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service/servicetest"
	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

// start runs the service with a user-service that knows only "jane", and counts how
// often it is asked for a user.
func start(t *testing.T) (url string, asked *atomic.Int64, users *httptest.Server) {
	asked = new(atomic.Int64)
	users = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
		case "/users/jane":
			asked.Add(1)
			io.WriteString(w, `{"id": "jane"}`)
		default:
			asked.Add(1)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(users.Close)
	return servicetest.Start(t, Spec, map[string]string{"USER_SERVICE_URL": users.URL}).URL, asked, users
}

func post(t *testing.T, url, key, body string) (res *http.Response, o Order, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/orders", strings.NewReader(body))
	require.NoError(t, err)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err = http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.StatusCode < 300 {
		require.NoError(t, json.Unmarshal(data, &o), string(data))
	}
	return res, o, string(data)
}

func list(t *testing.T, url, query string) (orders []Order) {
	t.Helper()
	res, err := http.Get(url + "/orders" + query)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	require.NoError(t, json.NewDecoder(res.Body).Decode(&orders))
	return orders
}

func TestOrders(t *testing.T) {
	url, asked, users := start(t)
	assert.Equal(t, []Order{}, list(t, url, ""))
	res, tea, text := post(t, url, "", `{"user_id": "jane", "item": "茶", "quantity": 2}`)
	require.Equal(t, 201, res.StatusCode, text)
	assert.Equal(t, "茶", tea.Item)
	assert.EqualValues(t, 2, tea.Quantity)
	_, cup, _ := post(t, url, "", `{"user_id": "jane", "item": "cup", "quantity": 1}`)
	assert.NotEqual(t, tea.ID, cup.ID)
	assert.EqualValues(t, 1, asked.Load(), "the second time it is the cache that knows jane")

	one, err := http.Get(url + res.Header.Get("Location"))
	require.NoError(t, err)
	defer one.Body.Close()
	var got Order
	require.NoError(t, json.NewDecoder(one.Body).Decode(&got))
	assert.Equal(t, tea, got)
	assert.ElementsMatch(t, []Order{tea, cup}, list(t, url, ""))
	assert.ElementsMatch(t, []Order{tea, cup}, list(t, url, "?user=jane"))
	assert.Empty(t, list(t, url, "?user=joe"))
	none, err := http.Get(url + "/orders/nothing")
	require.NoError(t, err)
	none.Body.Close()
	assert.Equal(t, 404, none.StatusCode)

	users.Close() // a user that is known may go on ordering
	res, _, text = post(t, url, "", `{"user_id": "jane", "item": "spoon", "quantity": 1}`)
	assert.Equal(t, 201, res.StatusCode, text)
	res, _, text = post(t, url, "", `{"user_id": "joe", "item": "spoon", "quantity": 1}`)
	assert.Equal(t, 503, res.StatusCode, text)
	assert.Contains(t, text, "user-service does not answer at the moment")
}

func TestWrongOrders(t *testing.T) {
	url, _, _ := start(t)
	for name, body := range map[string]string{
		"no user":        `{"item": "tea", "quantity": 1}`,
		"unknown user":   `{"user_id": "joe", "item": "tea", "quantity": 1}`,
		"another path":   `{"user_id": "../metrics?", "item": "tea", "quantity": 1}`,
		"a dot":          `{"user_id": "..", "item": "tea", "quantity": 1}`,
		"a space":        `{"user_id": "a b", "item": "tea", "quantity": 1}`,
		"no item":        `{"user_id": "jane", "item": " ", "quantity": 1}`,
		"a long item":    `{"user_id": "jane", "item": "` + strings.Repeat("x", 201) + `", "quantity": 1}`,
		"no quantity":    `{"user_id": "jane", "item": "tea"}`,
		"negative":       `{"user_id": "jane", "item": "tea", "quantity": -1}`,
		"too many":       `{"user_id": "jane", "item": "tea", "quantity": 1001}`,
		"NUL in an item": `{"user_id": "jane", "item": "a\u0000", "quantity": 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			res, _, text := post(t, url, "", body)
			assert.Equal(t, 422, res.StatusCode, text)
		})
	}
	good := `{"user_id": "jane", "item": "tea", "quantity": 1}`
	for _, key := range []string{strings.Repeat("k", 201), "\xff"} {
		res, _, text := post(t, url, key, good)
		assert.Equal(t, 400, res.StatusCode, text)
	}
	assert.Empty(t, list(t, url, ""))
}

// However often an order comes with one key, and how many at once, it is one order.
func TestIdempotencyKey(t *testing.T) {
	url, _, _ := start(t)
	const tea = `{"user_id": "jane", "item": "tea", "quantity": 2}`
	var mu sync.Mutex
	ids, created := map[string]bool{}, 0
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			res, o, text := post(t, url, "key-1", tea)
			mu.Lock()
			defer mu.Unlock()
			ids[o.ID] = true
			if res.StatusCode == 201 {
				created++
			} else {
				assert.Equal(t, 200, res.StatusCode, text)
			}
			assert.Equal(t, "/orders/"+o.ID, res.Header.Get("Location"))
		})
	}
	wg.Wait()
	assert.Len(t, ids, 1)
	assert.Equal(t, 1, created)
	for i, other := range []string{
		`{"user_id": "jane", "item": "cup", "quantity": 2}`,
		`{"user_id": "jane", "item": "tea", "quantity": 3}`,
	} {
		res, _, text := post(t, url, "key-1", other)
		assert.Equal(t, 422, res.StatusCode, text)
		assert.Contains(t, text, "the key belongs to another order")
		res, _, text = post(t, url, fmt.Sprintf("key-2-%d", i), other)
		assert.Equal(t, 201, res.StatusCode, text)
	}
	assert.Len(t, list(t, url, ""), 3)
}
