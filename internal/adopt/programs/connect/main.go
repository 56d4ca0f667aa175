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
			return connect.NewResponse(wrapperspb.String(r.Msg.Value + s.Work())), nil
		}))
	return s.ServeHTTP(ctx, mux)
}

func client(address string) (func(context.Context) error, func(), error) {
	transport := &http.Transport{}
	worker := connect.NewClient[message, message](&http.Client{Transport: transport}, "http://"+address+procedure)
	return func(ctx context.Context) error {
		answer, err := worker.CallUnary(ctx, connect.NewRequest(wrapperspb.String("well ")))
		if err != nil {
			return err
		}
		return kit.Want(answer.Msg.Value, "well served")
	}, transport.CloseIdleConnections, nil
}
