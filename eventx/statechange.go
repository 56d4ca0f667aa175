package eventx

import (
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// stateChanges is the number of changes of state being logged at this moment. While it is not zero,
// a Handler enables every level and checks the record instead: only changes of state are then
// written below the handler's level. So no middleware can lose one, whatever it does to the
// context.
var stateChanges atomic.Int32

// unwanted reports whether r is below the level and was passed only because a change of state is
// being logged.
func (h *Handler) unwanted(r *slog.Record) bool {
	return r.Level < h.level.Level() && stateChanges.Load() > 0 && !isStateChange(r)
}

func isStateChange(r *slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		is = hasStateID(a.Value)
		return !is
	})
	return is
}

// hasStateID also searches groups, into which a middleware may have put the attributes.
func hasStateID(v slog.Value) bool {
	if v.Kind() == slog.KindGroup {
		return slices.ContainsFunc(v.Group(), func(a slog.Attr) bool { return hasStateID(a.Value) })
	}
	if v.Kind() != slog.KindAny {
		return false
	}
	id, ok := v.Any().(queue.EventID)
	return ok && uint16(id) >= IDStarting && uint16(id) <= IDFlapping
}
