// Package grpc has clients of gRPC see nothing of dev's reloads.
package grpc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/surefoot-go/surefoot/examples/dev/front"
)

const limit = time.Minute // for what must come at some time

// service is one version of a service. It says which in the trailer.
type service struct {
	testpb.UnimplementedTestServiceServer
	version string
}

func (s service) UnaryCall(ctx context.Context, r *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	if r.GetResponseStatus() != nil {
		return nil, status.Error(codes.Code(r.GetResponseStatus().GetCode()), r.GetResponseStatus().GetMessage())
	}
	return &testpb.SimpleResponse{Payload: r.GetPayload()}, grpc.SetTrailer(ctx, metadata.Pairs("version", s.version))
}

// FullDuplexCall sends each payload back as it comes.
func (s service) FullDuplexCall(stream testpb.TestService_FullDuplexCallServer) error {
	stream.SetTrailer(metadata.Pairs("version", s.version))
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&testpb.StreamingOutputCallResponse{Payload: r.GetPayload()}); err != nil {
			return err
		}
	}
}

// A process is a version that listens.
type process struct {
	*front.Backend
	server *grpc.Server
}

func start(t *testing.T, version int) process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	testpb.RegisterTestServiceServer(server, service{version: strconv.Itoa(version)})
	go server.Serve(l)
	t.Cleanup(server.Stop)
	return process{front.NewBackend(&url.URL{Scheme: "http", Host: l.Addr().String()}), server}
}

// inFront serves a front with p behind it and returns a client of it.
func inFront(t *testing.T, p process) (*front.Front, testpb.TestServiceClient) {
	t.Helper()
	f := front.New(front.Config{Why: func() (string, <-chan struct{}) { return "it is stopped", nil }, Patience: limit})
	f.Swap(p.Backend)
	server := httptest.NewUnstartedServer(nil)
	server.Config = f.Server()
	server.Start()
	t.Cleanup(server.Close)
	conn, err := grpc.NewClient(server.Listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return f, testpb.NewTestServiceClient(conn)
}

func payload(text string) *testpb.Payload { return &testpb.Payload{Body: []byte(text)} }

// version is that of the trailer, -1 without one.
func version(trailer metadata.MD) int {
	for _, value := range trailer["version"] {
		if n, err := strconv.Atoi(value); err == nil {
			return n
		}
	}
	return -1
}

// TestHundredReloads has four clients call all the time, two by unary calls and two by streams,
// while the process behind is replaced a hundred times.
func TestHundredReloads(t *testing.T) {
	current := start(t, 0)
	f, client := inFront(t, current)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls atomic.Int64
	unary := func(text string) (int, string, error) {
		var trailer metadata.MD
		resp, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{Payload: payload(text)}, grpc.Trailer(&trailer))
		return version(trailer), string(resp.GetPayload().GetBody()), err
	}
	streaming := func(text string) (int, string, error) {
		stream, err := client.FullDuplexCall(context.Background())
		if err != nil {
			return 0, "", err
		}
		got := ""
		for i := range len(text) {
			if err := stream.Send(&testpb.StreamingOutputCallRequest{Payload: payload(text[i : i+1])}); err != nil {
				return 0, "", err
			}
			resp, err := stream.Recv()
			if err != nil {
				return 0, "", err
			}
			got += string(resp.GetPayload().GetBody())
		}
		stream.CloseSend()
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			return 0, "", err
		}
		return version(stream.Trailer()), got, nil
	}
	var clients sync.WaitGroup
	for _, call := range []func(string) (int, string, error){unary, unary, streaming, streaming} {
		clients.Go(func() {
			for last := 0; ctx.Err() == nil; calls.Add(1) {
				v, got, err := call("hello")
				if !assert.NoError(t, err) || !assert.Equal(t, "hello", got) || !assert.GreaterOrEqual(t, v, last, "an older version came back") {
					return
				}
				last = v
			}
		})
	}
	for n := 1; n <= 100; n++ {
		old, before := current, calls.Load()
		current = start(t, n)
		f.Swap(current.Backend)
		require.Zero(t, f.Drain(t.Context(), old.Backend))
		old.server.Stop() // at once: nothing is under way
		require.Eventually(t, func() bool { return calls.Load() > before+8 || t.Failed() }, limit, time.Millisecond)
	}
	v, _, err := unary("")
	require.NoError(t, err)
	assert.Equal(t, 100, v)
	stop()
	clients.Wait()
	t.Log(calls.Load(), "calls")
}

// A stream that is open at a reload goes on, with the process that it began with.
func TestStreamFinishes(t *testing.T) {
	old := start(t, 1)
	f, client := inFront(t, old)
	stream, err := client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	say := func(text string) {
		require.NoError(t, stream.Send(&testpb.StreamingOutputCallRequest{Payload: payload(text)}))
		resp, err := stream.Recv()
		require.NoError(t, err)
		assert.Equal(t, text, string(resp.GetPayload().GetBody()))
	}
	say("before")
	f.Swap(start(t, 2).Backend)
	say("after")
	require.NoError(t, stream.CloseSend())
	_, err = stream.Recv()
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, 1, version(stream.Trailer()))
	assert.Zero(t, f.Drain(t.Context(), old.Backend))
}

// Errors pass, with their code and text, and nothing that serves is Unavailable, on which clients
// try again.
func TestErrors(t *testing.T) {
	f, client := inFront(t, start(t, 1))
	_, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{ResponseStatus: &testpb.EchoStatus{Code: int32(codes.NotFound), Message: "没有"}})
	assert.Equal(t, codes.NotFound, status.Code(err))
	assert.ErrorContains(t, err, "没有")
	_, err = client.CacheableUnaryCall(t.Context(), &testpb.SimpleRequest{})
	assert.Equal(t, codes.Unimplemented, status.Code(err))
	f.Swap(nil)
	_, err = client.UnaryCall(t.Context(), &testpb.SimpleRequest{})
	assert.Equal(t, codes.Unavailable, status.Code(err))
}
