// The Connect row: a handler is an http.Handler. Generated code would hide the two constructors.
package main

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

type message = wrapperspb.StringValue

const procedure = "/adopt.v1.Worker/Work"

func main() { kit.Main("connect", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	mux := http.NewServeMux()
	mux.Handle(procedure, connect.NewUnaryHandler(procedure,
		func(ctx context.Context, r *connect.Request[message]) (*connect.Response[message], error) {
			return connect.NewResponse(wrapperspb.String(s.Work())), nil
		}))
	return s.ServeHTTP(ctx, mux)
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	transport := &http.Transport{}
	worker := connect.NewClient[message, message](&http.Client{Transport: transport}, "http://"+address+procedure)
	return func(ctx context.Context) (string, error) {
		answer, err := worker.CallUnary(ctx, connect.NewRequest(wrapperspb.String("work")))
		if err != nil {
			return "", err
		}
		return answer.Msg.Value, nil
	}, transport.CloseIdleConnections, nil
}
