package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func gatherProxy(ctx context.Context, in *inquiry) (*ProxyFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	proxies := proxyEntries(env.vars["GOPROXY"])
	if len(proxies) == 0 || !strings.HasPrefix(proxies[0], "http") {
		return &ProxyFacts{}, nil
	}
	p := &ProxyFacts{}
	ask := askProxy
	if !in.Online {
		if strings.HasPrefix(env.vars["GOPROXY"], proxies[0]+"|") { // what comes after | is asked whatever happens
			return p, nil
		}
		ask = askLoopback
	}
	if err := ask(ctx, proxies[0]); err != nil {
		p.Kind = kindOf(err)
		p.Err = redact(strings.ReplaceAll(err.Error(), proxies[0], redactProxies(proxies[0])))
	}
	return p, nil
}

func proxyEntries(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '|' })
}

// Kinds of a ProxyFacts' Err that have an advice of their own.
const (
	proxyUntrusted = "untrusted" // its certificate
	proxyExpired   = "expired"
	proxyBusy      = "busy"
	proxyPortal    = "portal"
)

var (
	errBusy   = errors.New("it answers that this address asks too often")
	errPortal = errors.New("a page for people answers in its place")
)

func kindOf(err error) string {
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.Is(err, errBusy):
		return proxyBusy
	case errors.Is(err, errPortal):
		return proxyPortal
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return proxyExpired
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return proxyUntrusted
	}
	return ""
}

// askProxy asks for a module that every proxy has. One that does not have it answers too.
func askProxy(ctx context.Context, proxy string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(proxy, "/")+"/golang.org/x/sys/@latest", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 512))
	if err != nil {
		return err
	}
	page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || strings.HasPrefix(strings.TrimSpace(string(body)), "<")
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		return fmt.Errorf("%w: %s", errBusy, resp.Status)
	case code == http.StatusNetworkAuthenticationRequired, code == http.StatusOK && page:
		return fmt.Errorf("%w: %s", errPortal, resp.Status)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired, code >= 500:
		return errors.New(resp.Status)
	}
	return nil
}
