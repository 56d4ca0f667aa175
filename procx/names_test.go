package procx

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
	"github.com/surefoot-go/surefoot/internal/goroutine/inlined"
)

const inlinedPackage = "github.com/surefoot-go/surefoot/internal/goroutine/inlined"

// A name means the function in the source, even if Go 1.26 attributes its literal to another
// function in another package.
func TestInlinedNames(t *testing.T) {
	const start = inlinedPackage + ".(*Pool).start"
	var traced string // the name in this release's stack traces
	Check(t, patient)
	for pool := inlined.New(); ; {
		for _, g := range goroutine.Parse(dump(false)) {
			if strings.HasPrefix(g.Entry, inlinedPackage) {
				traced = g.Entry
			}
		}
		if traced != "" {
			pool.Close()
			break
		}
	}
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"the method", Options{Ignore: []string{start}}, ""},
		{"its literal", Options{Ignore: []string{start + ".func1"}}, ""},
		{"its type", Options{Ignore: []string{inlinedPackage + ".(*Pool)"}}, ""},
		{"its package", Options{Ignore: []string{inlinedPackage}}, ""},
		{"known", Options{Known: map[string]int{start + ".func1": 2}}, ""},
		{"one more than known", Options{Known: map[string]int{start + ".func1": 1}}, "left 2"},
		{"as the trace has it", Options{Ignore: []string{traced}}, ""},
		{"what it was put into", Options{Ignore: []string{inlinedPackage + ".New"}}, "left 2"},
		{"another method", Options{Ignore: []string{inlinedPackage + ".(*Pool).stop"}}, "left 2"},
		{"nothing", Options{}, "2 goroutines: " + start + ".func1 [chan receive]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Settle = quickIf(tt.want != "").Settle
			var pools []*inlined.Pool
			report := checked(&tt.o, func() { pools = append(pools, inlined.New(), inlined.New()) })
			for _, p := range pools {
				p.Close()
			}
			if tt.want == "" {
				assert.Empty(t, report)
			}
			assert.Contains(t, report, tt.want)
		})
	}
}

func TestInlinedFindingID(t *testing.T) {
	a, b := inlined.New(), func() *inlined.Pool { return inlined.New() }()
	defer a.Close()
	defer b.Close()
	leaks, err := Find(quick)
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, l := range leaks {
		if strings.HasPrefix(l.Function, inlinedPackage) {
			ids[findingID(l)] = true
		}
	}
	assert.Len(t, ids, 1, "of the same function in two places")
}
