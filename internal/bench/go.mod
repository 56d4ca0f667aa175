module github.com/surefoot-go/surefoot/internal/bench

go 1.26.0

replace github.com/surefoot-go/surefoot => ../..

require (
	github.com/kardianos/service v1.3.0
	github.com/surefoot-go/surefoot v0.0.0-00010101000000-000000000000
	golang.org/x/sys v0.50.0
)
