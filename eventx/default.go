package eventx

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"runtime"
	"strings"
	"time"
)

// SetDefault makes h the handler of [slog.Default], and lets package log write to it:
//
//   - Lines from log.Fatal, log.Panic and their variants are errors. They are in the log or in the
//     fallback before the process ends, like events covered by [HandlerOptions.Sync].
//   - All other lines have slog.LevelInfo, as with slog.SetDefault. If h does not write that level,
//     they go to its fallback, usually standard error, which is where package log writes by
//     default. So no line is silently lost.
//
// Like slog.SetDefault it changes the flags of package log, so that lines no longer contain the
// time.
func SetDefault(h *Handler) {
	slog.SetDefault(slog.New(h))
	log.SetFlags(0)
	log.SetOutput(lineWriter{h})
}

// lineWriter receives the lines of package log.
type lineWriter struct{ h *Handler }

var _ io.Writer = lineWriter{}

func (w lineWriter) Write(line []byte) (int, error) {
	level := slog.LevelInfo
	caller, ends := logCaller()
	if ends {
		level = slog.LevelError
	}
	r := slog.NewRecord(time.Now(), level, string(bytes.TrimSuffix(line, []byte{'\n'})), caller)
	e := w.h.entryOf(&r)
	if level < w.h.level.Level() {
		w.h.w.Rescue(e)
		return len(line), nil
	}
	return len(line), w.h.hand(e, ends || w.h.sync != nil && level >= w.h.sync.Level())
}

// logCaller returns the program counter of the code that called package log, and whether the
// process, or at least its goroutine, ends with that call.
func logCaller() (pc uintptr, ends bool) {
	var pcs [32]uintptr
	n := runtime.Callers(3, pcs[:]) // 3: the caller of Write
	frames := runtime.CallersFrames(pcs[:n])
	for i := 3; ; i++ {
		f, more := frames.Next()
		name, ok := strings.CutPrefix(f.Function, "log.")
		if !ok {
			runtime.Callers(i, pcs[:1])
			return pcs[0], ends
		}
		name = name[strings.LastIndexByte(name, '.')+1:] // without the receiver
		ends = ends || strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic")
		if !more {
			return 0, ends
		}
	}
}
