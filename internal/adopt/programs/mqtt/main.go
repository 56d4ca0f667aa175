// The MQTT row: mochi-mqtt takes a listener. Its Close does not wait for what is under way, so a
// hook counts what has to be acknowledged.
package main

import (
	"context"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
)

func main() { kit.Main("mqtt", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	broker := mqtt.New(&mqtt.Options{Logger: s.Log})
	pending := &acknowledgements{work: s.Work}
	if err := broker.AddHook(new(auth.AllowHook), nil); err != nil {
		return err
	}
	if err := broker.AddHook(pending, nil); err != nil {
		return err
	}
	if err := broker.AddListener(listeners.NewNet("dual", l)); err != nil {
		return err
	}
	if err := broker.Serve(); err != nil {
		return err
	}
	s.Tasks.Go("drain", func(ctx context.Context) error {
		<-ctx.Done()
		pending.drain()
		return broker.Close()
	})
	return s.Ready(ctx, l.Addr())
}

// acknowledgements is a hook that knows which messages are still to be acknowledged.
type acknowledgements struct {
	mqtt.HookBase
	work func() string

	mu      sync.Mutex
	ended   bool
	pending sync.WaitGroup
}

func (a *acknowledgements) Provides(hook byte) bool {
	return hook == mqtt.OnPublish || hook == mqtt.OnPacketSent
}

func (a *acknowledgements) OnPublish(_ *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	a.mu.Lock()
	ended := a.ended
	if !ended {
		a.pending.Add(1)
	}
	a.mu.Unlock()
	if ended {
		return p, packets.ErrRejectPacket // no answer
	}
	a.work()
	return p, nil
}

func (a *acknowledgements) OnPacketSent(_ *mqtt.Client, p packets.Packet, _ []byte) {
	if p.FixedHeader.Type == packets.Puback {
		a.pending.Done()
	}
}

func (a *acknowledgements) drain() {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.pending.Wait()
}

func client(address string) (func(context.Context) error, func(), error) {
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + address).SetAutoReconnect(false))
	await := func(ctx context.Context, token paho.Token) error {
		select {
		case <-token.Done():
			return token.Error()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := await(context.Background(), c.Connect()); err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) error { return await(ctx, c.Publish("work", 1, false, "x")) },
		func() { c.Disconnect(0) }, nil
}
