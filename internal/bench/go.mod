module github.com/surefoot-go/surefoot/internal/bench

go 1.26.0

replace github.com/surefoot-go/surefoot => ../..

require (
	github.com/surefoot-go/surefoot v0.0.0-00010101000000-000000000000
	k8s.io/utils v0.0.0-20261023123148-ca04ba58ecab
)

require golang.org/x/sys v0.50.0 // indirect
