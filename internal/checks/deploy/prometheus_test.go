package deploy

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func lookPath(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("needs %s (Debian: apt-get install prometheus): %v", program, err)
	}
	return path
}

func TestPromtool(t *testing.T) {
	promtool := lookPath(t, "promtool")
	for _, args := range [][]string{
		{"check", "config", "--lint-fatal", folder + "prometheus.yml"},
		{"check", "rules", "--lint-fatal", folder + "alerts.yml"},
		{"test", "rules", folder + "testdata/alerts_test.yml"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
	}
}

// TestEveryAlertIsTested finds the alert that alerts_test.yml forgot.
func TestEveryAlertIsTested(t *testing.T) {
	tests, err := os.ReadFile(folder + "testdata/alerts_test.yml")
	require.NoError(t, err)
	for name := range alerts(t) {
		quiet := regexp.MustCompile(`alertname: ` + name + `\}`)
		fires := regexp.MustCompile(`alertname: ` + name + `\n\s+exp_alerts:\n\s+- exp_labels`)
		assert.Regexp(t, quiet, string(tests))
		assert.Regexp(t, fires, string(tests))
	}
}

// alerts returns the expressions of alerts.yml by the name of the alert.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(folder + "alerts.yml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	exprs := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			exprs[r.Alert] = r.Expr
		}
	}
	require.NotEmpty(t, exprs)
	return exprs
}

// TestPrometheus has a real Prometheus with the configuration of this folder scrape
// the real services, and answer what each panel and each alert asks.
func TestPrometheus(t *testing.T) {
	program := lookPath(t, "prometheus")
	services := startStack(t)
	services.traffic(t)
	prom := startPrometheus(t, program, services)

	eventually(t, func() bool {
		up := prom.query(t, `up{job="devloop"}`)
		return len(up) == len(names) && !slices.ContainsFunc(up, func(s sample) bool { return s.value != 1 })
	}, func() string { return fmt.Sprint("three targets are up: ", prom.query(t, "up")) })

	exported := map[string]map[string]bool{} // metrics by service
	for _, name := range names {
		exported[name] = services.metrics(t, name)
	}
	for _, q := range readDashboard(t).queries() {
		t.Run("panel/"+q.name, func(t *testing.T) {
			var want []string // the services that have what is asked for
			for _, name := range names {
				if slices.ContainsFunc(metricsOf(t, q.expr), func(m string) bool { return m == "up" || exported[name][m] }) {
					want = append(want, name)
				}
			}
			require.NotEmpty(t, want, "no service has these metrics: %s", q.expr)
			var got []sample
			eventually(t, func() bool {
				got = prom.query(t, substitute(q.expr))
				return slices.Equal(want, servicesOf(got)) && allFinite(got)
			}, func() string { return fmt.Sprintf("finite answers for %v to %s: %v", want, q.expr, got) })
		})
	}
	for name, expr := range alerts(t) {
		assert.Empty(t, prom.query(t, expr), "%s, though all is well", name)
	}

	require.NoError(t, services.proc["order-service"].Stop(t.Context()))
	for _, want := range []struct{ alert, service string }{
		{"ServiceDown", "order-service"},
		{"ErrorRatio", "api-gateway"}, // it answers 503
		{"UpstreamRetries", "api-gateway"},
	} {
		expr := alerts(t)[want.alert]
		eventually(t, func() bool {
			return slices.Contains(servicesOf(prom.query(t, expr)), want.service)
		}, func() string { return fmt.Sprint(want, prom.query(t, expr)) })
	}
	eventually(t, func() bool {
		return slices.Contains(prom.alerts(t), "ServiceDown")
	}, func() string { return fmt.Sprint("Prometheus itself sees the alert: ", prom.alerts(t)) })
}

// metrics returns the names of what a service exports.
func (s stack) metrics(t *testing.T, name string) map[string]bool {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(request(t, http.MethodGet, s.url[name]+"/metrics", ""))))
	require.NoError(t, err)
	have := map[string]bool{}
	for metric, family := range families {
		have[metric] = true
		if kind := family.GetType().String(); kind == "HISTOGRAM" || kind == "SUMMARY" {
			have[metric+"_sum"], have[metric+"_count"], have[metric+"_bucket"] = true, true, kind == "HISTOGRAM"
		}
	}
	return have
}

type prometheus struct{ url string }

// startPrometheus starts Prometheus with prometheus.yml, in which only the
// addresses and the interval are others.
func startPrometheus(t *testing.T, program string, services stack) prometheus {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(folder + "prometheus.yml")
	require.NoError(t, err)
	config := string(data)
	for _, replace := range [][2]string{
		{"scrape_interval: 5s", "scrape_interval: 1s"},
		{"evaluation_interval: 5s", "evaluation_interval: 1s"},
		{`"localhost:8081"`, hostOf(services.url["user-service"])},
		{`"localhost:8082"`, hostOf(services.url["order-service"])},
		{`"localhost:8000"`, hostOf(services.url["api-gateway"])},
	} {
		require.Equal(t, 1, strings.Count(config, replace[0]), replace[0])
		config = strings.Replace(config, replace[0], replace[1], 1)
	}
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	rules, err := os.ReadFile(folder + "alerts.yml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alerts.yml"), rules, 0o600))

	_, out := start(t, exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:0"))
	listening := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	var p prometheus
	eventually(t, func() bool {
		m := listening.FindStringSubmatch(out.String())
		if m == nil {
			return false
		}
		p.url = "http://" + m[1]
		res, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, out.String)
	return p
}

func hostOf(base string) string { return strings.TrimPrefix(base, "http://") }

// A sample is one series' value.
type sample struct {
	labels map[string]string
	value  float64
}

// query returns what an expression is now.
func (p prometheus) query(t *testing.T, expr string) []sample {
	t.Helper()
	var data struct {
		ResultType string
		Result     []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
	p.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &data)
	require.Equal(t, "vector", data.ResultType, expr)
	samples := make([]sample, len(data.Result))
	for i, r := range data.Result {
		v, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		require.NoError(t, err)
		samples[i] = sample{r.Metric, v}
	}
	return samples
}

// alerts returns the names of those that are pending or firing.
func (p prometheus) alerts(t *testing.T) (names []string) {
	t.Helper()
	var data struct {
		Alerts []struct{ Labels map[string]string }
	}
	p.get(t, "/api/v1/alerts", &data)
	for _, a := range data.Alerts {
		names = append(names, a.Labels["alertname"])
	}
	return names
}

func (p prometheus) get(t *testing.T, path string, data any) {
	t.Helper()
	body := request(t, http.MethodGet, p.url+path, "")
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	require.NoError(t, json.Unmarshal(body, &answer), "%s: %s", path, body)
	require.Equal(t, "success", answer.Status, "%s: %s", path, answer.Error)
}

// servicesOf returns the services that samples are of, in the order of names.
func servicesOf(samples []sample) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(samples, func(s sample) bool { return s.labels["service"] == name })
	})
}

func allFinite(samples []sample) bool {
	return !slices.ContainsFunc(samples, func(s sample) bool { return math.IsNaN(s.value) || math.IsInf(s.value, 0) })
}
