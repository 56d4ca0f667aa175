//go:build unix && !linux

package rss

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

func read() (Table, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-axo", "pid=,ppid=,rss=").Output()
	if err != nil {
		return Table{}, fmt.Errorf("ps: %w", err)
	}
	return parsePS(out)
}
