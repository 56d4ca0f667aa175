module github.com/surefoot-go/surefoot/examples/dev

go 1.26.0

replace github.com/surefoot-go/surefoot => ../..

require (
	github.com/fsnotify/fsnotify v1.10.1
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/stretchr/testify v1.12.1
	github.com/surefoot-go/surefoot v0.0.0
	golang.org/x/sys v0.50.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/text v0.44.0 // indirect
)
