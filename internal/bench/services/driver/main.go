//go:build windows

// Driver starts the services of the start-up benchmark in turn and prints, for each start, its name
// and the microseconds from the creation of its process to its first report of START_PENDING and of
// RUNNING.
//
//	driver rounds name=program.exe…
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

func main() {
	log.SetFlags(0)
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	m, err := mgr.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Disconnect()
	for _, hold := range []string{"30ms", "0s"} {
		services := map[string]*mgr.Service{}
		var names []string
		for _, arg := range os.Args[2:] {
			name, exe, _ := strings.Cut(arg, "=")
			id := fmt.Sprintf("surefoot-bench-%s-%s-%d", name, hold, os.Getpid())
			s, err := m.CreateService(id, exe, mgr.Config{StartType: mgr.StartManual}, id, hold)
			if err != nil {
				log.Fatal(err)
			}
			defer s.Delete()
			defer os.RemoveAll(filepath.Join(os.Getenv("ProgramData"), id)) // svcx's logs
			services[name], names = s, append(names, name)
		}
		for round := range rounds {
			for i := range names {
				name := names[(round+i)%len(names)]
				pending, running := start(services[name])
				if hold != "0s" {
					fmt.Println(name, "pending", pending.Microseconds())
				} else {
					fmt.Println(name, "running", running.Microseconds())
				}
			}
		}
	}
}

// start starts the service and stops it again.
func start(s *mgr.Service) (pending, running time.Duration) {
	if err := s.Start(); err != nil {
		log.Fatal(s.Name, ": ", err)
	}
	var pendingAt, runningAt time.Time
	var pid uint32
	for runningAt.IsZero() {
		var st windows.SERVICE_STATUS_PROCESS
		var need uint32
		err := windows.QueryServiceStatusEx(s.Handle, windows.SC_STATUS_PROCESS_INFO, (*byte)(unsafe.Pointer(&st)), uint32(unsafe.Sizeof(st)), &need)
		if err != nil || st.CurrentState == windows.SERVICE_STOPPED {
			log.Fatal(s.Name, " ended: ", err)
		}
		now := time.Now()
		if pendingAt.IsZero() && (st.CheckPoint > 0 || st.CurrentState == windows.SERVICE_RUNNING) {
			pendingAt = now
		}
		if st.CurrentState == windows.SERVICE_RUNNING {
			runningAt, pid = now, st.ProcessId
		}
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		log.Fatal(err)
	}
	defer windows.CloseHandle(process)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Control(svc.Stop); err != nil {
		log.Fatal(s.Name, ": ", err)
	}
	for {
		st, err := s.Query()
		if err != nil {
			log.Fatal(s.Name, ": ", err)
		}
		if st.State == svc.Stopped {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	windows.WaitForSingleObject(process, 10_000)
	begin := time.Unix(0, created.Nanoseconds())
	return pendingAt.Sub(begin), runningAt.Sub(begin)
}
