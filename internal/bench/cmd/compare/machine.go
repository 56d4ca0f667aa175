package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine says in a line when and where the figures were measured.
func machine() string {
	parts := []string{time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH,
		fmt.Sprintf("%s, %d cores", processor(), runtime.NumCPU()), system()}
	if load, _, ok := strings.Cut(read("/proc/loadavg"), " "); ok {
		parts = append(parts, "load average "+load+" at the start")
	}
	return strings.Join(parts, "; ")
}

func processor() string {
	switch runtime.GOOS {
	case "windows":
		return os.Getenv("PROCESSOR_IDENTIFIER")
	case "darwin":
		return output("sysctl", "-n", "machdep.cpu.brand_string")
	}
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func system() string {
	switch runtime.GOOS {
	case "windows":
		return output("cmd", "/c", "ver")
	case "darwin":
		return "macOS " + output("sw_vers", "-productVersion")
	}
	return output("uname", "-sr")
}

func read(name string) string {
	text, _ := os.ReadFile(name) // "" is shown as unknown
	return string(text)
}

func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
