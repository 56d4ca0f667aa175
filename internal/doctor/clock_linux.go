package doctor

import "golang.org/x/sys/unix"

// kernelClock asks the kernel whether something keeps its clock: adjtimex(2)
// returns TIME_ERROR while it is not synchronised. Modes 0 changes nothing.
func kernelClock() (*bool, error) {
	state, err := unix.Adjtimex(&unix.Timex{})
	if err != nil {
		return nil, err
	}
	synchronised := state != unix.TIME_ERROR
	return &synchronised, nil
}
