package eventx

import "time"

// Rate limits how many events of one ID are written. The zero Rate is 100 per
// second with a burst of 200; a negative PerSecond is no limit.
type Rate struct {
	PerSecond float64 // how many in the long run
	Burst     int     // how many at once; 0: two seconds' worth, at least 1
}

func (r Rate) withDefaults() Rate {
	if r.PerSecond == 0 {
		r.PerSecond = 100
	}
	if r.Burst <= 0 {
		r.Burst = max(1, int(2*r.PerSecond))
	}
	return r
}

// limiter holds a token bucket for each ID that was seen.
type limiter struct {
	rate    Rate
	buckets map[uint16]*bucket
}

type bucket struct {
	tokens float64
	last   time.Duration
}

func newLimiter(r Rate) *limiter {
	return &limiter{rate: r.withDefaults(), buckets: make(map[uint16]*bucket)}
}

func (l *limiter) limits() bool { return l.rate.PerSecond >= 0 }

// allow takes a token of id's bucket at the time now, by queue.now.
func (l *limiter) allow(id uint16, now time.Duration) bool {
	b := l.buckets[id]
	if b == nil {
		b = &bucket{tokens: float64(l.rate.Burst), last: now}
		l.buckets[id] = b
	}
	if passed := now - b.last; passed > 0 { // callers may come out of order
		b.tokens = min(float64(l.rate.Burst), b.tokens+passed.Seconds()*l.rate.PerSecond)
		b.last = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
