// The etcd row: the embedded server has no place for a listener, but its gRPC service can be served
// by a server of one's own, which stores its own answer as the value.
package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3rpc"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("etcd", serve, client) }

func serve(ctx context.Context, s *kit.Service) (err error) {
	config := embed.NewConfig()
	if config.Dir, err = os.MkdirTemp(s.Dir, "etcd-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(config.Dir)) }()
	unused := url.URL{Scheme: "http", Host: "127.0.0.1:0"} // etcd's own sockets
	config.ListenClientUrls, config.ListenPeerUrls = []url.URL{unused}, []url.URL{unused}
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	node, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer node.Close()
	<-node.Server.ReadyNotify()

	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	work := func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if txn, ok := request.(*pb.TxnRequest); ok {
			txn.Success[0].GetRequestPut().Value = []byte(s.Work())
		}
		return handle(ctx, request)
	}
	server := v3rpc.Server(node.Server, nil, work)
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, func(ctx context.Context) error {
			defer context.AfterFunc(ctx, server.Stop)()
			server.GracefulStop()
			return ctx.Err()
		})
	})
	err = s.Ready(ctx, l.Addr())
	s.Tasks.Wait() // before the node closes; Stop has its error
	return err
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{address}, Logger: zap.NewNop()})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // it would wait for a server that has gone
		defer cancel()
		answer, err := c.Txn(ctx).Then(clientv3.OpPut("work", ""), clientv3.OpGet("work")).Commit()
		if err != nil {
			return "", err
		}
		return string(answer.Responses[1].GetResponseRange().Kvs[0].Value), nil
	}, func() { c.Close() }, nil
}
