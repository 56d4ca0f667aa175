package page

import (
	"encoding/json"
	"time"
)

// Control is what the page shows and steers: the supervisor. Its methods are called from several
// goroutines at once.
//
// Start, Stop and Reload return when the service has been told, or when it is there, as the
// supervisor likes: the page follows Status in any case. Their errors are shown to the user as they
// are, and mean that nothing has changed.
type Control interface {
	Status() Status
	Start(name string) error
	Stop(name string) error
	Reload(name string) error // build, and swap if it builds
}

// Status is the content of /status.json, from which the page is drawn.
type Status struct {
	Time     time.Time `json:"time"`     // of this status, by the supervisor's clock
	Notice   string    `json:"notice"`   // a message about dev as a whole; may be empty
	Services []Service `json:"services"` // in dependency order
}

// Service is the state of one service.
type Service struct {
	Name   string `json:"name"`
	URL    string `json:"url"` // where clients reach it: the same through every reload
	State  State  `json:"state"`
	Reason string `json:"reason"` // why it is in State, in a few words; may be empty

	PID      int       `json:"pid"`            // 0: no process
	Since    time.Time `json:"since,omitzero"` // when that process started
	Restarts int       `json:"restarts"`       // after crashes
	Reloads  int       `json:"reloads"`        // after a save, or by the button

	Build     Build    `json:"build"`
	Memory    []int64  `json:"memory"`     // bytes of its process tree, one number per second, oldest first, at most MaxTrend
	Requests  []int    `json:"requests"`   // that came in each second, as Memory
	LastWords []string `json:"last_words"` // what the last process wrote that did not become ready or has crashed; none once another one serves
	Log       []string `json:"log"`        // lines without their ends, newest last, at most MaxLog
}

// Limits of a Service: two minutes of numbers, and the tail of a log.
const (
	MaxTrend = 120
	MaxLog   = 200
)

// MarshalJSON writes an empty list where there is none: null is no number of requests.
func (s Service) MarshalJSON() ([]byte, error) {
	type plain Service
	p := plain(s)
	p.Memory, p.Requests = orEmpty(p.Memory), orEmpty(p.Requests)
	p.LastWords, p.Log = orEmpty(p.LastWords), orEmpty(p.Log)
	return json.Marshal(p)
}

// MarshalJSON writes an empty list where there is none.
func (s Status) MarshalJSON() ([]byte, error) {
	type plain Status
	p := plain(s)
	p.Services = orEmpty(p.Services)
	return json.Marshal(p)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// State is the state of a service.
type State string

const (
	Waiting   State = "waiting" // for a service that it depends on
	Building  State = "building"
	Starting  State = "starting"
	Healthy   State = "healthy"
	Unhealthy State = "unhealthy" // it runs, and says that it is not ready, or nothing
	Stopping  State = "stopping"
	Stopped   State = "stopped" // by the user
	Failed    State = "failed"  // its build failed, and no earlier one runs
	Crashed   State = "crashed" // it ended without being asked
)

// Build is the last build of a service: of the process that runs if it went well, else of what was
// to take its place. The zero Build: none has ended yet.
type Build struct {
	OK     bool          `json:"ok"`
	At     time.Time     `json:"at,omitzero"` // when it ended
	Took   time.Duration `json:"-"`           // took_ms, in JSON
	Output string        `json:"output"`      // the compiler's
}

type (
	plainBuild Build
	jsonBuild  struct {
		plainBuild
		Took float64 `json:"took_ms"`
	}
)

// MarshalJSON writes the duration in milliseconds, as took_ms.
func (b Build) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonBuild{plainBuild(b), float64(b.Took) / float64(time.Millisecond)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Build) UnmarshalJSON(data []byte) error {
	var j jsonBuild
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*b = Build(j.plainBuild)
	b.Took = time.Duration(j.Took * float64(time.Millisecond))
	return nil
}
