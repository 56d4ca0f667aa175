package process

import "os"

// notifyReload does nothing: a Windows console has no signal for it.
func notifyReload(chan<- os.Signal) {}

func isReload(os.Signal) bool { return false }
