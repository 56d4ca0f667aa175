package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/surefoot-go/surefoot/pathx"
)

//go:embed default.json
var defaultConfig []byte

// config is what surefoot-tour.json holds; default.json shows it.
type config struct {
	Listen    string `json:"listen"`
	Greeting  string `json:"greeting"`
	Heartbeat string `json:"heartbeat"` // a Go duration

	heartbeat time.Duration
}

// loadConfig reads the file that finder finds, or else the embedded default. It returns where the
// configuration came from, and each place it looked at.
func loadConfig(finder pathx.Finder) (c config, from string, tried []pathx.Attempt, err error) {
	from, data := "the embedded default", defaultConfig
	file, err := finder.Open()
	var missing *pathx.NotFoundError
	switch {
	case err == nil:
		defer file.Close()
		from, tried = file.Path, file.Tried
		if data, err = io.ReadAll(pathx.NewTextReader(file)); err != nil {
			return c, from, tried, err
		}
	case errors.As(err, &missing) && missing.Tried[0].Source > pathx.FromEnv: // none was asked for
		tried = missing.Tried
	default:
		return c, from, tried, err
	}
	c, err = parseConfig(from, data)
	return c, from, tried, err
}

// parseConfig parses data strictly; its errors read "file:line:column: field: what is wrong".
func parseConfig(from string, data []byte) (c config, err error) {
	if err := json.Unmarshal(defaultConfig, &c); err != nil {
		return c, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var syntax *json.SyntaxError
	var badType *json.UnmarshalTypeError
	switch err := dec.Decode(&c); {
	case errors.As(err, &syntax):
		return c, errorAt(from, data, syntax.Offset, "", err)
	case errors.As(err, &badType):
		want := badType.Type.String()
		if badType.Field == "" {
			want = "object"
		}
		return c, errorAt(from, data, badType.Offset, badType.Field, fmt.Errorf("want JSON %s, got %s", want, badType.Value))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return c, errorAt(from, data, int64(len(data)), "", errors.New("the JSON object ends early"))
	case err != nil: // an unknown field
		_, name, _ := bytes.Cut([]byte(err.Error()), []byte("unknown field "))
		field := string(bytes.Trim(name, `"`))
		return c, errorAt(from, data, offsetOf(data, field), field, errors.New("unknown field; known are listen, greeting and heartbeat"))
	}
	if _, err := dec.Token(); err != io.EOF {
		return c, errorAt(from, data, dec.InputOffset(), "", errors.New("text after the JSON object"))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, errorAt(from, data, offsetOf(data, "listen"), "listen", fmt.Errorf("want host:port: %w", err))
	}
	if c.heartbeat, err = time.ParseDuration(c.Heartbeat); err != nil || c.heartbeat <= 0 {
		return c, errorAt(from, data, offsetOf(data, "heartbeat"), "heartbeat", fmt.Errorf("want a positive duration such as 30s, got %q", c.Heartbeat))
	}
	return c, nil
}

func errorAt(from string, data []byte, offset int64, field string, err error) error {
	before := data[:min(int(offset), len(data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	if field != "" {
		return fmt.Errorf("%s:%d:%d: %s: %w", from, line, column, field, err)
	}
	return fmt.Errorf("%s:%d:%d: %w", from, line, column, err)
}

// offsetOf returns where the name of the object's field ends.
func offsetOf(data []byte, field string) int64 {
	dec := json.NewDecoder(bytes.NewReader(data))
	for _, err := dec.Token(); err == nil; { // the brace, then names
		var name any
		if name, err = dec.Token(); name == field {
			break
		}
		var value json.RawMessage
		err = errors.Join(err, dec.Decode(&value))
	}
	return dec.InputOffset()
}
