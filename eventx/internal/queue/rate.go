package queue

import "time"

// Rate limits the events written per ID. It is exported as eventx.Rate.
type Rate struct {
	PerSecond float64
	Burst     int
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

// limiter holds a token bucket for each ID seen so far.
type limiter struct {
	rate    Rate
	hand    float64 // number of tokens taken out of a bucket at once
	buckets map[uint16]*bucket

	lastID uint16 // the ID of last: most events have the same ID as the one before
	last   *bucket
}

// bucket is a token bucket with some tokens already taken out: spending those needs no clock.
type bucket struct {
	inHand int
	tokens float64
	filled time.Duration // when tokens was last updated
}

func newLimiter(r Rate) *limiter {
	r = r.withDefaults()
	// hand is a sixteenth of the burst: after a pause, up to that many events more than Burst can
	// pass at once.
	return &limiter{rate: r, hand: max(1, float64(r.Burst/16)), buckets: make(map[uint16]*bucket)}
}

func (l *limiter) limits() bool { return l.rate.PerSecond >= 0 }

// allow takes a token from id's bucket. It calls now, a monotonic clock, only if no token is in
// hand.
func (l *limiter) allow(id uint16, now func() time.Duration) bool {
	b := l.last
	if b == nil || id != l.lastID {
		if b = l.buckets[id]; b == nil {
			b = &bucket{tokens: float64(l.rate.Burst), filled: now()}
			l.buckets[id] = b
		}
		l.last, l.lastID = b, id
	}
	if b.inHand == 0 {
		t := now()
		b.tokens = min(float64(l.rate.Burst), b.tokens+(t-b.filled).Seconds()*l.rate.PerSecond)
		b.filled = t
		n := min(l.hand, b.tokens)
		if n < 1 {
			return false
		}
		b.inHand = int(n)
		b.tokens -= float64(b.inHand)
	}
	b.inHand--
	return true
}
