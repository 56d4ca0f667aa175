module github.com/surefoot-go/surefoot/internal/bench

go 1.26.0

replace github.com/surefoot-go/surefoot => ../..

require (
	github.com/surefoot-go/surefoot v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
)
