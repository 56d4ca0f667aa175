// A module of its own: Caddy, in the module above, does not build with the newest quic-go.
module github.com/surefoot-go/surefoot/internal/adopt/programs/http3

go 1.26.0

replace (
	github.com/surefoot-go/surefoot => ../../../..
	github.com/surefoot-go/surefoot/internal/adopt => ../..
)

require (
	github.com/quic-go/quic-go v0.65.0
	github.com/surefoot-go/surefoot v0.0.0
	github.com/surefoot-go/surefoot/internal/adopt v0.0.0
)

require (
	github.com/quic-go/qpack v0.6.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
)
