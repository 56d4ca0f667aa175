package bench

import (
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
)

// Contests returns all contests, package by package.
func Contests() []*contest.Contest {
	return slices.Concat(listenContests(), consolexContests(), pathxContests(), eventxContests(), procxContests(), svcxContests())
}

const helperVar = "SUREFOOT_BENCH_HELPER" // names the helper that a process is to be

var helpers = map[string]func(){
	"listen-clients":     listenClientsMain,
	"consolex-first-use": consolexFirstUseMain,
}

// Helper ends a process that a contest has started from its own executable, once it has done its
// work. In others it does nothing. It must be called first.
func Helper() {
	name := os.Getenv(helperVar)
	if name == "" {
		return
	}
	helper := helpers[name]
	if helper == nil {
		fmt.Fprintf(os.Stderr, "no helper %q\n", name)
		os.Exit(2)
	}
	helper()
	os.Exit(0)
}

func helperCommand(env contest.Env, name string) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(env.Context(), exe)
	cmd.Env = append(os.Environ(), helperVar+"="+name)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// rowsOf returns a row per line for the same side.
func rowsOf(ours string, rows ...contest.Row) []contest.Row {
	for i := range rows {
		rows[i].Ours = ours
	}
	return rows
}
