package service

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRequestID(t *testing.T) {
	assert.Empty(t, RequestID(t.Context()))
	from := func(header string) string {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(RequestIDHeader, header)
		ctx, cancel := requestContext(r)
		defer cancel()
		return RequestID(ctx)
	}
	for _, id := range []string{"a", "01J-abc_DEF.9:z", strings.Repeat("x", 64)} {
		assert.Equal(t, id, from(id), "the client's")
	}
	for _, id := range []string{"", strings.Repeat("x", 65), "a b", "a\nlevel=ERROR", "a\r\nX-Other: 1", `"`, "请求", "a\x00"} {
		first, second := from(id), from(id)
		assert.True(t, isID(first), "%q is replaced", id)
		assert.NotEqual(t, first, second)
	}
}

// The caller's time bounds the service's, and never extends it.
func TestTimeout(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": MaxTime, "1500": 1500 * time.Millisecond, "8000": MaxTime, "8001": MaxTime, "99999999999999999999": MaxTime,
		"0": 0, "-1": MaxTime, "1.5": MaxTime, "soon": MaxTime,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set(TimeoutHeader, header)
			ctx, cancel := requestContext(r)
			defer cancel()
			begin := time.Now()
			<-ctx.Done()
			assert.Equal(t, want, time.Since(begin), "%q", header)
		})
	}
}
