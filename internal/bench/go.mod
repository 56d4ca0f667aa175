module github.com/surefoot-go/surefoot/internal/bench

go 1.26

replace github.com/surefoot-go/surefoot => ../..
