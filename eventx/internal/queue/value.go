package queue

import (
	"encoding"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"time"
)

// appendValue appends v, which has that kind and is not a string, like slog.TextHandler, but
// without quotes, since quoting depends on the log. It reports whether v is a byte slice.
func appendValue(dst []byte, kind slog.Kind, v slog.Value) (text []byte, isBytes bool) {
	switch kind {
	case slog.KindInt64:
		return strconv.AppendInt(dst, v.Int64(), 10), false
	case slog.KindUint64:
		return strconv.AppendUint(dst, v.Uint64(), 10), false
	case slog.KindFloat64:
		return strconv.AppendFloat(dst, v.Float64(), 'g', -1, 64), false
	case slog.KindBool:
		return strconv.AppendBool(dst, v.Bool()), false
	case slog.KindDuration:
		return append(dst, v.Duration().String()...), false
	case slog.KindTime:
		return appendTime(dst, v.Time()), false
	}
	return appendAny(dst, v.Any())
}

// timeFormat is slog.TextHandler's: RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

func appendTime(dst []byte, t time.Time) []byte { return t.AppendFormat(dst, timeFormat) }

// appendAny protects the service from a panic in the value's methods. As in slog, a panic with a
// nil pointer is attributed to a method that does not handle nil.
func appendAny(dst []byte, x any) (text []byte, isBytes bool) {
	defer func() {
		if p := recover(); p != nil {
			if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.IsNil() {
				text = append(dst, "<nil>"...)
				return
			}
			text = fmt.Appendf(dst, "!PANIC: %v", p)
		}
	}()
	switch x := x.(type) {
	case *slog.Source:
		return fmt.Appendf(dst, "%s:%d", x.File, x.Line), false
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		if err != nil {
			return fmt.Appendf(dst, "!ERROR:%v", err), false
		}
		return append(dst, b...), false
	case []byte:
		return append(dst, x...), true
	}
	if t := reflect.TypeOf(x); t != nil && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return append(dst, reflect.ValueOf(x).Bytes()...), true
	}
	return fmt.Appendf(dst, "%+v", x), false
}
