// The HTTP/3 row: quic-go serves UDP sockets, one per family.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"

	"github.com/quic-go/quic-go/http3"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("http3", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	conns, err := listen.DualUDP(s.Address)
	if err != nil {
		return err
	}
	certificate, err := kit.Certificate()
	if err != nil {
		return err
	}
	server := &http3.Server{
		TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{certificate}}),
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.Work()) }),
		Logger:    s.Log,
	}
	for _, conn := range conns {
		s.Tasks.Go("serve "+conn.LocalAddr().String(), func(ctx context.Context) error {
			err := svcx.Serve(ctx, func() error { return server.Serve(conn) }, server.Shutdown)
			return errors.Join(err, conn.Close())
		})
	}
	return s.Ready(ctx, conns[0].LocalAddr())
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	transport := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	return func(ctx context.Context) (string, error) {
		return kit.Get(ctx, &http.Client{Transport: transport}, "https://"+address+"/")
	}, func() { transport.Close() }, nil
}
