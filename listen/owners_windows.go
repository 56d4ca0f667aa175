package listen

import (
	"context"
	"os"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"golang.org/x/sys/windows"
)

// TCP_TABLE_CLASS of iprtrmib.h.
const (
	tcpTableOwnerPIDListener = 3
	tcpTableOwnerPIDAll      = 5
)

func tcpRows(context.Context, uint16) ([]row, error) {
	four, err := tcpTable(false, tcpTableOwnerPIDAll)
	if err != nil {
		return nil, err
	}
	six, err := tcpTable(true, tcpTableOwnerPIDAll)
	if err == windows.ERROR_NOT_SUPPORTED { // no IPv6
		err = nil
	}
	return append(four, six...), err
}

func tcpTable(ipv6 bool, class uint32) ([]row, error) {
	family := uint32(windows.AF_INET)
	if ipv6 {
		family = windows.AF_INET6
	}
	size := uint32(16 << 10)
	for {
		buf := make([]byte, size)
		err := winapi.GetExtendedTcpTable(&buf[0], &size, false, family, class, 0)
		if err == windows.ERROR_INSUFFICIENT_BUFFER {
			size += size / 4 // it grows while we look
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("GetExtendedTcpTable", err)
		}
		return parseTCPTable(buf, ipv6), nil
	}
}

// identify names the processes from a snapshot, which, unlike opening them,
// needs no rights.
func identify(_ context.Context, rows []row) []row {
	names := processNames()
	for i := range rows {
		rows[i].name = names[rows[i].pid]
	}
	return rows
}

func processNames() map[int]string {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snapshot)
	names := map[int]string{}
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err := windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		names[int(entry.ProcessID)] = windows.UTF16ToString(entry.ExeFile[:])
	}
	return names
}

func firstOpenPort() int { return 0 }
