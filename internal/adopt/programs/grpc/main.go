// The gRPC row: a call of the standard health service, with the service's own answer in a header.
package main

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("grpc", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	work := func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if err := grpc.SetHeader(ctx, metadata.Pairs("answer", s.Work())); err != nil {
			return nil, err
		}
		return handle(ctx, request)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(work))
	healthpb.RegisterHealthServer(server, health.NewServer())
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, func(ctx context.Context) error {
			defer context.AfterFunc(ctx, server.Stop)() // calls that don't end in time
			server.GracefulStop()
			return ctx.Err()
		})
	})
	return s.Ready(ctx, l.Addr())
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (string, error) {
		var header metadata.MD
		answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.Header(&header))
		if err == nil && answer.Status != healthpb.HealthCheckResponse_SERVING {
			err = errors.New(answer.Status.String())
		}
		return strings.Join(header["answer"], " "), err
	}, func() { conn.Close() }, nil
}
