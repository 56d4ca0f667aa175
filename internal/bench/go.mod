module github.com/surefoot-go/surefoot/internal/bench

go 1.26.0

replace github.com/surefoot-go/surefoot => ../..

require (
	github.com/mattn/go-colorable v0.1.16
	github.com/surefoot-go/surefoot v0.0.0-00010101000000-000000000000
	golang.org/x/text v0.44.0
)

require (
	github.com/mattn/go-isatty v0.0.20 // indirect
	golang.org/x/sys v0.50.0 // indirect
)
