package listen

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"time"
)

func tcpRows(ctx context.Context, port uint16) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/sbin/lsof", "-nP", "+c0", "-iTCP:"+strconv.Itoa(int(port)), "-F", "pctnT")
	cmd.WaitDelay = time.Second // it forks, and a child that hangs keeps the pipe open
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil // it has found nothing, or some of it only
	}
	return parseLsof(out), err
}

func identify(_ context.Context, rows []row) []row { return rows }

func firstOpenPort() int { return 1024 }
