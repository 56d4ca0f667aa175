//go:build unix

package bench

import (
	"flag"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var listenRounds = flag.Int("listen.rounds", 0, "rounds of TestListenRatios: 31 on an idle machine, 151 on a busy one")

// TestListenRatios reports each contender's rate of connections, and its CPU
// time for each, as a ratio to net.Listen's of the same round: the median of the
// rounds. The order within a round is random.
//
//	go test -run ListenRatios -v -listen.rounds 31 .
func TestListenRatios(t *testing.T) {
	needRounds(t)
	const conns = 500
	clients := startClients(t)
	for _, load := range listenLoads {
		listenRatios(t, load.name, func(c listenContender) (wall, cpu time.Duration) {
			s, err := startAccepting(c, load.mode)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			clients.run(t, s.port, load.hosts, load.mode, 100)
			return stopwatch(t, func() { clients.run(t, s.port, load.hosts, load.mode, conns) })
		})
	}
}

// TestListenBacklogRatios is about accepting alone: the clients have connected,
// and the system has done its part, when the clock starts.
func TestListenBacklogRatios(t *testing.T) {
	needRounds(t)
	const conns = 1000 // Linux's limit is 4096
	clients := startClients(t)
	for _, load := range listenLoads {
		if load.mode != untilAccepted {
			continue
		}
		listenRatios(t, load.name, func(c listenContender) (wall, cpu time.Duration) {
			lns, err := c.open()
			if err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(lns[0].Addr().String())
			clients.run(t, port, load.hosts, justConnect, conns)
			var accepted atomic.Int32
			all := make(chan struct{})
			var loops sync.WaitGroup
			wall, cpu = stopwatch(t, func() {
				for _, ln := range lns {
					loops.Go(func() {
						for {
							conn, err := ln.Accept()
							if err != nil {
								return
							}
							conn.Close()
							if accepted.Add(1) == conns {
								close(all)
							}
						}
					})
				}
				<-all
			})
			for _, ln := range lns {
				ln.Close()
			}
			loops.Wait()
			return wall, cpu
		})
	}
}

func needRounds(t *testing.T) {
	if *listenRounds == 0 {
		t.Skip("takes a minute: ask for it with -listen.rounds 31")
	}
}

func stopwatch(t *testing.T, f func()) (wall, cpu time.Duration) {
	start, before := time.Now(), cpuTime(t)
	f()
	return time.Since(start), cpuTime(t) - before
}

func listenRatios(t *testing.T, load string, measure func(listenContender) (wall, cpu time.Duration)) {
	n := len(listenContenders)
	rates, cpus := make([][]float64, n), make([][]float64, n)
	for range *listenRounds {
		wall, cpu := make([]time.Duration, n), make([]time.Duration, n)
		for _, i := range rand.Perm(n) {
			wall[i], cpu[i] = measure(listenContenders[i])
		}
		for i := range n {
			rates[i] = append(rates[i], float64(wall[0])/float64(wall[i]))
			cpus[i] = append(cpus[i], float64(cpu[i])/float64(cpu[0]))
		}
	}
	for i, c := range listenContenders {
		t.Logf("%-5s %-12s rate %.3f  cpu %.3f", load, c.name, median(rates[i]), median(cpus[i]))
	}
}

func cpuTime(t *testing.T) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
