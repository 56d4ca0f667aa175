package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"time"
)

const (
	minSeconds  = 0.001
	maxSeconds  = 600.0
	writeMargin = time.Minute
)

// mux serves the server's paths, behind the guard.
type mux struct {
	cpu, trace, other chan struct{} // semaphores
	vars              iter.Seq2[string, any]
}

func newMux(o Options) http.Handler {
	m := &mux{cpu: make(chan struct{}, 1), trace: make(chan struct{}, 1), other: make(chan struct{}, 2), vars: o.Vars}
	h := http.NewServeMux()
	h.HandleFunc("/{$}", m.index)
	h.HandleFunc("/debug/pprof/{$}", m.index)
	h.HandleFunc("/debug/pprof/{name}", m.profile)
	h.HandleFunc("/debug/pprof/profile", m.cpuProfile)
	h.HandleFunc("/debug/pprof/trace", m.executionTrace)
	h.HandleFunc("/debug/pprof/cmdline", m.cmdline)
	h.HandleFunc("/debug/goroutines", m.goroutines)
	h.HandleFunc("/debug/vars", m.variables)
	h.HandleFunc("/debug/build", m.build)
	return h
}

// cmdline serves requests of old tools. It hides the arguments, which may contain secrets.
func (m *mux) cmdline(w http.ResponseWriter, r *http.Request) {
	serve(w, "", true, []byte(strings.Join(redactedArgs(), "\x00")))
}

func redactedArgs() []string {
	return []string{filepath.Base(os.Args[0]), fmt.Sprintf("(%d arguments are not shown)", len(os.Args)-1)}
}

// variables serves the metrics of runtime/metrics, except for histograms, and Options.Vars.
func (m *mux) variables(w http.ResponseWriter, r *http.Request) {
	vars := map[string]any{}
	if m.vars != nil {
		m.vars(func(name string, value any) bool {
			if name == "cmdline" { // expvar's own, os.Args
				value = redactedArgs()
			}
			vars[name] = variable(value)
			return true
		})
	}
	var samples []metrics.Sample
	for _, d := range metrics.All() {
		samples = append(samples, metrics.Sample{Name: d.Name})
	}
	metrics.Read(samples)
	values := map[string]any{}
	for _, s := range samples {
		switch s.Value.Kind() {
		case metrics.KindUint64:
			values[s.Name] = s.Value.Uint64()
		case metrics.KindFloat64:
			values[s.Name] = s.Value.Float64()
		}
	}
	vars["runtime/metrics"] = values
	serveJSON(w, vars)
}

// variable converts any value to one that can be encoded.
func variable(value any) any {
	if s, ok := value.(fmt.Stringer); ok {
		if text := fmt.Sprint(s); json.Valid([]byte(text)) { // like an expvar.Var; Sprint handles nil values
			return json.RawMessage(text)
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v (%v)", value, err)
	}
	return json.RawMessage(text)
}

func (m *mux) build(w http.ResponseWriter, r *http.Request) {
	attached, err := DebuggerAttached()
	var debugger any = attached
	if err != nil {
		debugger = err.Error()
	}
	serveJSON(w, struct {
		Report
		DebuggerAttached any
	}{Build(), debugger})
}

func serveJSON(w http.ResponseWriter, v any) {
	text, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(text, '\n'))
}

func serveProfile(w http.ResponseWriter, name string, p *profile) {
	var buf bytes.Buffer
	if err := p.encode(&buf); err != nil {
		http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
		return
	}
	serve(w, name, false, buf.Bytes())
}

func serve(w http.ResponseWriter, name string, text bool, data []byte) {
	if text {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	}
	w.Write(data)
}
