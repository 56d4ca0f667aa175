package process

import "os"

// notifyReload does nothing: a Windows console has no signal to spare.
func notifyReload(chan<- os.Signal) {}

func isReload(os.Signal) bool { return false }
