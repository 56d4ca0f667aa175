// Package goleak has the API of go.uber.org/goleak on procx.
package goleak

import (
	"errors"
	"fmt"
	"time"

	"github.com/surefoot-go/surefoot/procx"
)

type TestingT interface{ Error(...interface{}) }

type Option interface{ apply(*options) }

type options struct {
	procx.Options
	cleanup func(int)
}

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

func IgnoreCurrent() Option {
	since := procx.Now()
	return optionFunc(func(o *options) { o.Since = since })
}

func Cleanup(f func(int)) Option { return optionFunc(func(o *options) { o.cleanup = f }) }

func maxSleep(d time.Duration) Option {
	return optionFunc(func(o *options) { o.Settle = 20 * d }) // as many times goleak looks
}

func build(list []Option) *options {
	o := &options{}
	for _, option := range list {
		option.apply(o)
	}
	return o
}

func Find(list ...Option) error {
	o := build(list)
	if o.cleanup != nil {
		return errors.New("Cleanup can only be passed to VerifyNone or VerifyTestMain")
	}
	return o.find()
}

func (o *options) find() error {
	leaks, err := procx.Find(&o.Options)
	for _, l := range leaks {
		err = errors.Join(err, fmt.Errorf("%v\n%s", l, l.Stack))
	}
	return err
}

func VerifyNone(t TestingT, list ...Option) {
	o := build(list)
	if o.cleanup != nil {
		defer o.cleanup(0)
	}
	if err := o.find(); err != nil {
		t.Error(err)
	}
}
