// The MQTT row: mochi-mqtt takes a listener. Its Close does not wait for what is under way, so a
// hook counts the messages. Each comes back, as the answer, to the client that has published it.
package main

import (
	"context"
	"crypto/rand"
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
	pending := &messages{work: s.Work}
	for _, hook := range []mqtt.Hook{new(auth.AllowHook), pending} {
		if err := broker.AddHook(hook, nil); err != nil {
			return err
		}
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

// messages is a hook that writes the messages, and counts those that are still to be sent.
type messages struct {
	mqtt.HookBase
	work    func() string
	mu      sync.Mutex
	ended   bool
	pending sync.WaitGroup
}

func (m *messages) Provides(hook byte) bool {
	return hook == mqtt.OnPublish || hook == mqtt.OnPacketSent
}

func (m *messages) OnPublish(_ *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	m.mu.Lock()
	ended := m.ended
	if !ended {
		m.pending.Add(1)
	}
	m.mu.Unlock()
	if ended {
		return p, packets.ErrRejectPacket // no answer
	}
	p.Payload = []byte(m.work())
	return p, nil
}

func (m *messages) OnPacketSent(_ *mqtt.Client, p packets.Packet, _ []byte) {
	if p.FixedHeader.Type == packets.Publish {
		m.pending.Done()
	}
}

func (m *messages) drain() {
	m.mu.Lock()
	m.ended = true
	m.mu.Unlock()
	m.pending.Wait()
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	topic, answers := "work/"+rand.Text(), make(chan string, 1)
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + address).SetAutoReconnect(false).
		SetConnectionLostHandler(func(paho.Client, error) { close(answers) }))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		return nil, nil, token.Error()
	}
	if token := c.Subscribe(topic, 0, func(_ paho.Client, m paho.Message) { answers <- string(m.Payload()) }); token.Wait() && token.Error() != nil {
		return nil, nil, token.Error()
	}
	return func(ctx context.Context) (string, error) {
		c.Publish(topic, 1, false, "")
		select {
		case answer, ok := <-answers:
			if !ok {
				return "", paho.ErrNotConnected
			}
			return answer, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}, func() { c.Disconnect(0) }, nil
}
