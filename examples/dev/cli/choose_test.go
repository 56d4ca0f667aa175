package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/svcx"

	"github.com/surefoot-go/surefoot/examples/dev/internal/loop"
)

func TestChoose(t *testing.T) {
	all := []loop.Service{{Name: "a"}, {Name: "b", Needs: []string{"a"}}, {Name: "c", Needs: []string{"a", "b"}}}
	for _, test := range []struct {
		name, only, without string
		want                []loop.Service // none: an error
	}{
		{"all", "", "", all},
		{"one", "b", "", []loop.Service{{Name: "b", Needs: []string{}}}},
		{"two", "c,a", "", []loop.Service{{Name: "a"}, {Name: "c", Needs: []string{"a"}}}},
		{"all but one", "", "a", []loop.Service{{Name: "b", Needs: []string{}}, {Name: "c", Needs: []string{"b"}}}},
		{"both", "b,c", "b", []loop.Service{{Name: "c", Needs: []string{}}}},
		{"none", "", "a,b,c", nil},
		{"unknown", "d", "", nil},
		{"unknown", "", "d", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := choose(all, test.only, test.without)
			if test.want == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	assert.Equal(t, []string{"a", "b"}, all[2].Needs, "all stays as it was")
}

func TestWrongUsage(t *testing.T) {
	assert.Equal(t, 2, svcx.ExitCode(run(options{}, []string{"start"})))
	assert.Equal(t, 2, svcx.ExitCode(run(options{only: "shop-service"}, nil)))
}
