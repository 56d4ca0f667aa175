package rss

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

func read() (Table, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return Table{}, err
	}
	defer windows.CloseHandle(snapshot)
	children := map[int][]int{}
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		children[int(entry.ParentProcessID)] = append(children[int(entry.ParentProcessID)], int(entry.ProcessID))
	}
	if !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return Table{}, err
	}
	return Table{children, look}, nil
}

// look asks for one process. Numbers are used again, and a process keeps its parent's after that
// has ended: when each has started tells them apart.
func look(pid int) (p process) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return p
	}
	defer windows.CloseHandle(h)
	var started, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &started, &exited, &kernel, &user) != nil {
		return p
	}
	counters := winapi.PROCESS_MEMORY_COUNTERS{Size: uint32(unsafe.Sizeof(winapi.PROCESS_MEMORY_COUNTERS{}))}
	if winapi.GetProcessMemoryInfo(h, &counters, counters.Size) != nil {
		return p
	}
	return process{int64(counters.WorkingSetSize), started.Nanoseconds()}
}
