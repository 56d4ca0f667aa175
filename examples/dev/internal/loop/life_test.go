package loop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

func TestNext(t *testing.T) {
	for _, test := range []struct {
		name string
		facts
		want step
	}{
		{"nothing is built", facts{want: true, needs: true}, idle},
		{"built", facts{want: true, needs: true, target: 1}, launch},
		{"what it needs is missing", facts{want: true, target: 1}, idle},
		{"it starts", facts{want: true, needs: true, target: 1, candidate: 1}, idle},
		{"it serves", facts{want: true, needs: true, target: 1, current: 1}, idle},
		{"a newer build", facts{want: true, needs: true, target: 2, current: 1}, launch},
		{"a newer build, while what it needs is away", facts{want: true, target: 2, current: 1}, launch},
		{"a newer build starts", facts{want: true, needs: true, target: 2, current: 1, candidate: 2}, idle},
		{"a still newer one", facts{want: true, needs: true, target: 3, current: 1, candidate: 2}, abandon},
		{"a newer one was undone", facts{want: true, needs: true, target: 1, current: 1, candidate: 2}, abandon},
		{"the first one must be rebuilt", facts{want: true, needs: true, candidate: 1}, abandon},
		{"crashed", facts{want: true, needs: true, target: 1, pause: true}, idle},
		{"crashed a while ago", facts{want: true, needs: true, target: 1}, launch},
		{"not wanted", facts{target: 1, needs: true}, idle},
		{"not wanted any more", facts{target: 1, needs: true, current: 1}, retire},
		{"not wanted while it starts", facts{target: 1, needs: true, candidate: 1}, abandon},
		{"not wanted while a newer one starts", facts{target: 2, needs: true, current: 1, candidate: 2}, abandon},
		{"can't run twice, a newer build", facts{want: true, needs: true, target: 2, current: 1, stopFirst: true}, retire},
		{"can't run twice, the old process ends", facts{want: true, needs: true, target: 2, stopFirst: true, retiring: true}, idle},
		{"can't run twice, the old process has ended", facts{want: true, needs: true, target: 2, stopFirst: true}, launch},
		{"can't run twice, it serves", facts{want: true, needs: true, target: 1, current: 1, stopFirst: true}, idle},
		{"has done its work", facts{want: true, needs: true, target: 1, done: true}, idle},
	} {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, test.next()) })
	}
}

func TestState(t *testing.T) {
	for _, test := range []struct {
		name string
		facts
		want page.State
	}{
		{"at first", facts{want: true, building: true}, page.Building},
		{"what it needs is missing", facts{want: true, target: 1}, page.Waiting},
		{"it starts", facts{want: true, needs: true, target: 1, candidate: 1}, page.Starting},
		{"it starts and is rebuilt", facts{want: true, needs: true, target: 1, candidate: 1, building: true}, page.Starting},
		{"it serves", facts{want: true, current: 1, healthy: true}, page.Healthy},
		{"it serves and is rebuilt", facts{want: true, current: 1, healthy: true, building: true}, page.Healthy},
		{"it serves, its newest source does not build", facts{want: true, current: 1, healthy: true, broken: true}, page.Healthy},
		{"it serves, a newer one starts", facts{want: true, current: 1, candidate: 2, healthy: true}, page.Healthy},
		{"it is not ready", facts{want: true, current: 1}, page.Unhealthy},
		{"nothing builds", facts{want: true, broken: true}, page.Failed},
		{"nothing builds, another try", facts{want: true, broken: true, building: true}, page.Building},
		{"crashed", facts{want: true, target: 1, pause: true}, page.Crashed},
		{"crashed and does not build", facts{want: true, target: 1, pause: true, broken: true}, page.Failed},
		{"it is being stopped", facts{retiring: true}, page.Stopping},
		{"its start is being stopped", facts{candidate: 1}, page.Stopping},
		{"stopped", facts{target: 1}, page.Stopped},
		{"stopped while it was built", facts{building: true}, page.Stopped},
		{"has done its work", facts{want: true, needs: true, target: 1, done: true}, page.Stopped},
	} {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, test.state()) })
	}
}

func TestPauseAfter(t *testing.T) {
	for crashes, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 1000: 30 * time.Second,
	} {
		assert.Equal(t, want, pauseAfter(crashes), crashes)
	}
}
