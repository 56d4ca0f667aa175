package deploy

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A dashboard has the parts of Grafana's dashboard model, schema version 39, that are used here.
// Anything else in the file is a mistake.
type dashboard struct {
	Title, UID, Description, Timezone, Refresh string
	Tags                                       []string
	SchemaVersion, Version, GraphTooltip       int
	Editable                                   bool
	Time                                       struct{ From, To string }
	Requires                                   []struct{ Type, ID, Name, Version string } `json:"__requires"`
	Templating                                 struct{ List []variable }
	Annotations                                struct{ List []annotation }
	Panels                                     []panel
}

type datasource struct{ Type, UID string }

type variable struct {
	Name, Label, Type, Definition string
	Query                         json.RawMessage // a string or, of Prometheus, an object
	Datasource                    *datasource
	Refresh, Sort, Hide           int
	IncludeAll, Multi             bool
	Current                       struct{ Text, Value []string }
}

type annotation struct {
	Name, IconColor, Expr, TitleFormat, TextFormat, Step string
	Datasource                                           datasource
	Enable, UseValueForTime                              bool
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               *datasource
	Collapsed                bool
	Panels                   []panel
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct {
		Defaults struct {
			Unit               string
			Min, Max, Decimals *int
			Color              *struct{ Mode string }
			Mappings           []struct {
				Type    string
				Options map[string]struct {
					Text, Color string
					Index       int
				}
			}
			Thresholds *struct {
				Mode  string
				Steps []struct {
					Color string
					Value *float64
				}
			}
			Custom *struct {
				DrawStyle, ShowPoints  string
				FillOpacity, LineWidth int
			}
		}
		Overrides []struct{}
	}
	Options struct {
		ColorMode, GraphMode, TextMode string
		ReduceOptions                  *struct {
			Calcs  []string
			Fields string
			Values bool
		}
		Legend *struct {
			ShowLegend             bool
			DisplayMode, Placement string
			Calcs                  []string
		}
		Tooltip *struct{ Mode, Sort string }
	}
	Targets []struct {
		RefID, Expr, LegendFormat string
		Datasource                datasource
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	f, err := os.Open(folder + "dashboard.json")
	require.NoError(t, err)
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	var d dashboard
	require.NoError(t, dec.Decode(&d))
	return d
}

type query struct{ name, expr string }

// queries returns the expressions of all panels.
func (d dashboard) queries() (all []query) {
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, query{p.Title + "/" + target.RefID, target.Expr})
		}
	}
	return all
}

// substitute replaces the variables, as Grafana does if all services are chosen. The window is wide,
// so that it has two scrapes even on a busy machine.
func substitute(expr string) string {
	return strings.NewReplacer("$service", "("+strings.Join(names, "|")+")", "$__rate_interval", "1m").Replace(expr)
}

var selector = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}`)

// metricsOf returns the metrics that an expression selects. Each selector must
// have the services that are chosen.
func metricsOf(t *testing.T, expr string) (metrics []string) {
	t.Helper()
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		metrics = append(metrics, m[1])
		assert.Contains(t, m[2], `service=~"$service"`, expr)
	}
	require.NotEmpty(t, metrics, expr)
	bare := regexp.MustCompile(`[a-z]+_[a-z_]*_(total|seconds|bytes|bucket|sum)\b`)
	assert.NotRegexp(t, bare, selector.ReplaceAllString(expr, ""), "a selector without {service=~…}")
	return metrics
}

func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	assert.NotEmpty(t, d.UID, "an import again replaces it")
	units := []string{"none", "short", "s", "reqps", "cps", "eps", "bytes", "percentunit"} // Grafana's names for them
	ids := map[int]bool{}
	cells := map[[2]int]string{}
	for _, p := range d.Panels {
		assert.Positive(t, p.ID)
		assert.False(t, ids[p.ID], "two panels have the ID %d", p.ID)
		ids[p.ID] = true
		g := p.GridPos
		assert.True(t, g.X >= 0 && g.X+g.W <= 24 && g.W > 0 && g.H > 0, "%s lies beside the grid", p.Title)
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				assert.Empty(t, cells[[2]int{x, y}], "%s lies on another panel", p.Title)
				cells[[2]int{x, y}] = p.Title
			}
		}
		assert.NotEmpty(t, p.Title)
		if p.Type == "row" {
			assert.Empty(t, p.Targets)
			continue
		}
		assert.Contains(t, []string{"timeseries", "stat"}, p.Type)
		assert.NotEmpty(t, p.Description, p.Title)
		assert.Contains(t, units, p.FieldConfig.Defaults.Unit, p.Title)
		assert.Equal(t, &datasource{"prometheus", "${datasource}"}, p.Datasource, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		refs := map[string]bool{}
		for _, target := range p.Targets {
			assert.False(t, refs[target.RefID], "%s: two queries are %s", p.Title, target.RefID)
			refs[target.RefID] = true
			assert.Contains(t, target.LegendFormat, "{{service}}", p.Title)
			assert.Equal(t, *p.Datasource, target.Datasource, p.Title)
			metricsOf(t, target.Expr)
		}
	}
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name)
	}
	assert.Equal(t, []string{"datasource", "service"}, variables)
}
