package tcptable

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

func rows(ctx context.Context, network string, port uint16) ([]Row, error) {
	return lsof(ctx, "-i"+strings.ToUpper(network)+":"+strconv.Itoa(int(port)))
}

// listeners returns both families, because lsof lists a dual-stack socket as IPv6.
func listeners(ctx context.Context, network string, _ bool, port uint16) ([]Row, error) {
	all, err := rows(ctx, network, port)
	return slices.DeleteFunc(all, func(r Row) bool { return !r.Listening }), err
}

func lsof(ctx context.Context, files string) ([]Row, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/sbin/lsof", "-nP", "+c0", files, "-F", "pctPnT")
	cmd.WaitDelay = time.Second // it forks, and a child that hangs keeps the pipe open
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil // lsof found nothing, or only some of it
	}
	return parseLsof(out), err
}

func identify(_ context.Context, rows []Row) []Row { return rows }
