package main

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// A screen is a terminal's window.
type screen struct {
	Title string
	Text  string // with escape sequences, which are obeyed
	Class string // troubled, cured, or neither
}

// screens is a web page with terminals. The status page's script for logs draws what is in them.
type screens []screen

//go:embed screens.html
var screensHTML string

var screensTemplate = template.Must(template.New("screens").Parse(screensHTML))

func (s screens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		page.Handler(example{}).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	screensTemplate.Execute(w, s)
}
