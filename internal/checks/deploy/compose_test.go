package deploy

import (
	"go/version"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/distribution/reference"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loadCompose loads ../compose.yaml as docker compose does: it checks the schema of
// the Compose Specification, interpolates the variables, merges, and checks that
// all that is named is there.
func loadCompose(t *testing.T, env []string, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{devloop + "compose.yaml"}, cli.WithEnv(env), cli.WithProfiles(profiles))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func TestComposeProfiles(t *testing.T) {
	for _, test := range []struct {
		profiles, more []string
	}{
		{nil, nil},
		{[]string{"postgres", "redis"}, []string{"postgres", "redis"}},
		{[]string{"metrics"}, []string{"grafana", "prometheus"}},
		{[]string{"*"}, []string{"grafana", "postgres", "prometheus", "redis"}},
	} {
		t.Run(strings.Join(test.profiles, " "), func(t *testing.T) {
			assert.ElementsMatch(t, append(test.more, names...), loadCompose(t, nil, test.profiles...).ServiceNames())
		})
	}
}

func TestComposeEnvironment(t *testing.T) {
	const database, cache = "postgres://devloop:devloop@postgres/devloop", "redis://redis:6379/0"
	text, err := os.ReadFile(devloop + "compose.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(text), "export DATABASE_URL="+database+" REDIS_URL="+cache, "what this test tries is what the file says")

	project := loadCompose(t, []string{"DATABASE_URL=" + database, "REDIS_URL=" + cache}, "*")
	for _, name := range []string{"user-service", "order-service"} {
		assert.Equal(t, database, *project.Services[name].Environment["DATABASE_URL"])
	}
	assert.Equal(t, cache, *project.Services["order-service"].Environment["REDIS_URL"])
	u, err := url.Parse(database)
	require.NoError(t, err)
	password, _ := u.User.Password()
	postgres := project.Services[u.Host].Environment
	assert.Equal(t, u.User.Username(), *postgres["POSTGRES_USER"])
	assert.Equal(t, password, *postgres["POSTGRES_PASSWORD"])
}

func TestComposeServices(t *testing.T) {
	project := loadCompose(t, nil, "*")
	absRoot, err := filepath.Abs(root)
	require.NoError(t, err)
	ports := map[string]string{} // by service
	for _, name := range names {
		_, ports[name], _ = strings.Cut(*project.Services[name].Environment["LISTEN"], ":")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := project.Services[name]
			assert.Equal(t, absRoot, s.Build.Context)
			assert.Equal(t, "examples/devloop/Dockerfile", s.Build.Dockerfile)
			assert.Equal(t, name, *s.Build.Args["SERVICE"])
			assert.DirExists(t, filepath.Join(devloop+"cmd", name))

			assert.Equal(t, types.HealthCheckTest{"CMD", "/healthcheck", "http://localhost:" + ports[name] + "/healthz"}, s.HealthCheck.Test)
			for variable, value := range s.Environment {
				if host, ok := strings.CutSuffix(variable, "_SERVICE_URL"); ok {
					host = strings.ToLower(host) + "-service"
					assert.Equal(t, "http://"+host+":"+ports[host], *value)
					assert.Equal(t, types.ServiceConditionHealthy, s.DependsOn[host].Condition, "it starts after %s", host)
					assert.True(t, s.DependsOn[host].Required)
				}
			}
			assert.Greater(t, time.Duration(*s.StopGracePeriod), stopTimeout(t), "killed before it could end by itself")
			for _, volume := range s.Volumes {
				assert.Equal(t, "/data", volume.Target, "the image's DATA_DIR")
			}
			for _, port := range s.Ports {
				assert.Equal(t, "127.0.0.1", port.HostIP)
			}
			assert.True(t, s.ReadOnly)
			assert.Equal(t, []string{"ALL"}, s.CapDrop)
			assert.Contains(t, s.SecurityOpt, "no-new-privileges:true")
		})
	}
}

// stopTimeout is how long a service may take to end.
func stopTimeout(t *testing.T) time.Duration {
	t.Helper()
	source, err := os.ReadFile(devloop + "internal/service/service.go")
	require.NoError(t, err)
	m := regexp.MustCompile(`\bstopTimeout\s+= (\d+) \* time\.Second`).FindSubmatch(source)
	require.NotNil(t, m)
	return time.Duration(number(t, string(m[1]))) * time.Second
}

// least has the first version of an image without the holes that were known on 2026-12-01.
var least = map[string]string{
	"redis":           "7.4.10",  // remote code execution, 2026-07-24; before that CVE-2025-49844
	"grafana/grafana": "v13.2.1", // CVE-2026-12704, CVE-2026-14199
	"prom/prometheus": "v3.15.0",
	"postgres":        "17.11",
}

// goVersion turns a tag into a version that package go/version can compare.
func goVersion(tag string) string { return "go" + strings.TrimPrefix(tag, "v") }

func TestComposeOthers(t *testing.T) {
	for name, s := range loadCompose(t, nil, "*").Services {
		if slices.Contains(names, name) {
			continue
		}
		image, err := reference.ParseNormalizedNamed(s.Image)
		require.NoError(t, err)
		tagged, ok := image.(reference.Tagged)
		require.True(t, ok, "%s has no version", s.Image)
		assert.Regexp(t, `^v?\d+\.\d+`, tagged.Tag(), s.Image)
		first := least[reference.FamiliarName(image)]
		require.NotEmpty(t, first, s.Image)
		assert.GreaterOrEqual(t, version.Compare(goVersion(tagged.Tag()), goVersion(first)), 0, "%s has known holes: want %s or later", s.Image, first)
		assert.NotEmpty(t, s.Profiles, "%s: the services need nothing", name)
		for _, port := range s.Ports {
			assert.Equal(t, "127.0.0.1", port.HostIP, name)
		}
		for _, volume := range s.Volumes {
			if volume.Type == types.VolumeTypeBind {
				assert.FileExists(t, volume.Source, name)
			}
		}
	}
}

// TestComposePrometheus checks the configuration that the container gets, and that
// it differs from prometheus.yml in nothing but the addresses.
func TestComposePrometheus(t *testing.T) {
	project := loadCompose(t, nil, "*")
	config := project.Configs["prometheus"].Content
	own, err := os.ReadFile(folder + "prometheus.yml")
	require.NoError(t, err)
	local := config
	for _, name := range names {
		port := strings.TrimPrefix(*project.Services[name].Environment["LISTEN"], ":")
		assert.Contains(t, config, `"`+name+":"+port+`"`)
		local = strings.ReplaceAll(local, `"`+name+":"+port+`"`, `"localhost:`+port+`"`)
	}
	assert.YAMLEq(t, string(own), local)

	promtool := lookPath(t, "promtool")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	require.NoError(t, copyFile(folder+"alerts.yml", filepath.Join(dir, "alerts.yml")))
	out, err := exec.CommandContext(t.Context(), promtool, "check", "config", filepath.Join(dir, "prometheus.yml")).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
