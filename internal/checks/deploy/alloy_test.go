package deploy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/scanner"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// alloySchema has, of the components that config.alloy uses, the attributes and the blocks that
// Alloy's reference documents for them; a block ends with " {".
var alloySchema = map[string][]string{
	"prometheus.scrape":                  {"targets", "forward_to", "job_name", "scrape_interval", "scrape_timeout", "metrics_path", "scheme"},
	"prometheus.remote_write":            {"endpoint {", "external_labels"},
	"prometheus.remote_write endpoint {": {"url", "name", "headers", "bearer_token", "bearer_token_file"},
}

// TestAlloy reads config.alloy by the grammar of Alloy's configuration and by alloySchema. It
// stands in for Alloy, whose parser can't be required as a module here; `alloy fmt` and `alloy
// validate` would see more.
func TestAlloy(t *testing.T) {
	data, err := os.ReadFile(folder + "config.alloy")
	require.NoError(t, err)
	file, err := parseAlloy(string(data))
	require.NoError(t, err)

	components := map[string]bool{}
	var references []string
	for _, b := range file {
		require.Contains(t, alloySchema, b.name)
		components[b.name+"."+b.label] = true
		for name, value := range b.attributes {
			assert.Contains(t, alloySchema[b.name], name, b.name)
			references = append(references, value.references()...)
		}
		for _, inner := range b.blocks {
			kind := inner.name + " {"
			assert.Contains(t, alloySchema[b.name], kind, b.name)
			for name, value := range inner.attributes {
				assert.Contains(t, alloySchema[b.name+" "+kind], name, b.name)
				references = append(references, value.references()...)
			}
		}
	}
	for _, reference := range references {
		switch component, export := cutLast(reference, "."); reference {
		case "sys.env", "coalesce": // functions
		default:
			assert.True(t, components[component] && export == "receiver", "nothing is called %s", reference)
		}
	}

	// It scrapes what prometheus.yml does.
	var prometheus struct {
		Global        map[string]string
		ScrapeConfigs []struct {
			JobName       string `yaml:"job_name"`
			StaticConfigs []struct {
				Targets []string
				Labels  map[string]string
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	data, err = os.ReadFile(folder + "prometheus.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &prometheus))
	scrape, job := file[0].attributes, prometheus.ScrapeConfigs[0]
	assert.Equal(t, job.JobName, scrape["job_name"].text)
	assert.Equal(t, prometheus.Global["scrape_interval"], scrape["scrape_interval"].text)
	var want, have []string
	for _, s := range job.StaticConfigs {
		want = append(want, s.Targets[0]+" "+s.Labels["service"])
	}
	for _, target := range scrape["targets"].list {
		have = append(have, target.object["__address__"].text+" "+target.object["service"].text)
	}
	assert.Equal(t, want, have)
}

func TestAlloyMistakes(t *testing.T) {
	for _, text := range []string{
		`a.b "c" {`, `a.b "c" }`, `a.b c {}`, `a.b "c" { x = }`, `a.b "c" { x 1 }`, `a.b "c" { x = [1 2] }`,
		`a.b "c" { x = {"k" "v"} }`, `a.b "c" { x = f(1 }`, `a.b "c" { x = 1 x = 2 }`, `x = "open`, `a.b "c" { x = 1 }}`,
	} {
		_, err := parseAlloy(text)
		assert.Error(t, err, text)
	}
}

// An alloyBlock is a component or a block within one.
type alloyBlock struct {
	name, label string
	attributes  map[string]alloyValue
	blocks      []alloyBlock
}

// An alloyValue is one of: a string or number, a list, an object, or a reference, which a call has
// arguments (list) with.
type alloyValue struct {
	text, reference string
	list            []alloyValue
	object          map[string]alloyValue
}

func (v alloyValue) references() (all []string) {
	if v.reference != "" {
		all = append(all, v.reference)
	}
	for _, item := range v.list {
		all = append(all, item.references()...)
	}
	for _, item := range v.object {
		all = append(all, item.references()...)
	}
	return all
}

func cutLast(s, sep string) (before, after string) {
	i := max(strings.LastIndex(s, sep), 0)
	return s[:i], strings.TrimPrefix(s[i:], sep)
}

// An alloyParser parses by recursive descent; its first mistake is a panic that parseAlloy returns.
type alloyParser struct {
	scanner.Scanner
	token rune
}

type alloyMistake struct{ error }

func parseAlloy(text string) (blocks []alloyBlock, err error) {
	var p alloyParser
	p.Init(strings.NewReader(text))
	p.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanStrings | scanner.ScanComments | scanner.SkipComments
	p.Error = func(_ *scanner.Scanner, message string) { p.fail(message) }
	defer func() {
		switch r := recover().(type) {
		case nil:
		case alloyMistake:
			err = r.error
		default:
			panic(r)
		}
	}()
	p.next()
	return p.body(scanner.EOF).blocks, nil
}

func (p *alloyParser) next() { p.token = p.Scan() }

func (p *alloyParser) fail(message string) {
	panic(alloyMistake{fmt.Errorf("%s: %s at %q", p.Pos(), message, p.TokenText())})
}

func (p *alloyParser) take(want rune) string {
	if p.token != want {
		p.fail("want " + scanner.TokenString(want))
	}
	text := p.TokenText()
	p.next()
	return text
}

// body reads attributes and blocks up to end.
func (p *alloyParser) body(end rune) alloyBlock {
	b := alloyBlock{attributes: map[string]alloyValue{}}
	for p.token != end {
		name := p.name()
		if p.token == '=' {
			p.next()
			if _, twice := b.attributes[name]; twice {
				p.fail(name + " is there twice")
			}
			b.attributes[name] = p.value()
			continue
		}
		label := ""
		if p.token == scanner.String {
			label = p.text()
		}
		p.take('{')
		inner := p.body('}')
		p.take('}')
		inner.name, inner.label = name, label
		b.blocks = append(b.blocks, inner)
	}
	return b
}

func (p *alloyParser) name() string {
	name := p.take(scanner.Ident)
	for p.token == '.' {
		p.next()
		name += "." + p.take(scanner.Ident)
	}
	return name
}

func (p *alloyParser) text() string { return strings.Trim(p.take(scanner.String), `"`) }

func (p *alloyParser) value() (v alloyValue) {
	switch p.token {
	case scanner.String:
		v.text = p.text()
	case scanner.Int, scanner.Float:
		v.text = p.take(p.token)
	case '[':
		v.list = p.values(']')
	case '{':
		v.object = map[string]alloyValue{}
		p.next()
		for p.token != '}' {
			key := p.text()
			p.take('=')
			v.object[key] = p.value()
			p.comma('}')
		}
		p.take('}')
	default:
		v.reference = p.name()
		if p.token == '(' {
			v.list = p.values(')')
		}
	}
	return v
}

func (p *alloyParser) values(end rune) (list []alloyValue) {
	for p.next(); p.token != end; p.comma(end) {
		list = append(list, p.value())
	}
	p.take(end)
	return list
}

func (p *alloyParser) comma(end rune) {
	if p.token != end {
		p.take(',')
	}
}
