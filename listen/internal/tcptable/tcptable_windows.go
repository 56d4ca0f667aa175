package tcptable

import (
	"context"
	"os"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"golang.org/x/sys/windows"
)

// TCP_TABLE_CLASS and UDP_TABLE_CLASS of iprtrmib.h.
const (
	tcpTableOwnerPIDListener = 3
	tcpTableOwnerPIDAll      = 5
	udpTableOwnerPID         = 1
)

func rows(_ context.Context, network string, _ uint16) ([]Row, error) {
	four, err := table(network, false, tcpTableOwnerPIDAll)
	if err != nil {
		return nil, err
	}
	six, err := table(network, true, tcpTableOwnerPIDAll)
	if err == windows.ERROR_NOT_SUPPORTED { // no IPv6
		err = nil
	}
	return append(four, six...), err
}

func listeners(_ context.Context, network string, ipv6 bool, _ uint16) ([]Row, error) {
	return table(network, ipv6, tcpTableOwnerPIDListener)
}

// table reads one of the four tables. The class is for TCP; UDP has only one with PIDs.
func table(network string, ipv6 bool, class uint32) ([]Row, error) {
	family := uint32(windows.AF_INET)
	if ipv6 {
		family = windows.AF_INET6
	}
	name, get, parse := "GetExtendedTcpTable", winapi.GetExtendedTcpTable, parseTCPTable
	if network == "udp" {
		name, get, parse, class = "GetExtendedUdpTable", winapi.GetExtendedUdpTable, parseUDPTable, udpTableOwnerPID
	}
	size := uint32(16 << 10)
	for {
		buf := make([]byte, size)
		err := get(&buf[0], &size, false, family, class, 0)
		if err == windows.ERROR_INSUFFICIENT_BUFFER {
			size += size / 4 // the table may grow in the meantime
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError(name, err)
		}
		return parse(buf, ipv6), nil
	}
}

// identify gets the process names from a snapshot, which needs no rights, unlike opening the
// processes.
func identify(_ context.Context, rows []Row) []Row {
	names := processNames()
	for i := range rows {
		rows[i].Name = names[rows[i].PID]
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
