package consolex

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

func kindOf(f *os.File) Kind {
	conn, err := f.SyscallConn()
	if err != nil {
		return None
	}
	kind := None
	if err := conn.Control(func(fd uintptr) { kind = kindOfHandle(windows.Handle(fd)) }); err != nil {
		return None
	}
	return kind
}

func kindOfHandle(h windows.Handle) Kind {
	if h == 0 || h == windows.InvalidHandle {
		return None
	}
	var mode uint32
	if windows.GetConsoleMode(h, &mode) == nil {
		return Console
	}
	kind, err := windows.GetFileType(h)
	if err != nil {
		return None
	}
	switch kind {
	case windows.FILE_TYPE_PIPE:
		if isMSYSPipe(pipeName(h)) {
			return MSYS
		}
		return Pipe
	case windows.FILE_TYPE_DISK:
		return File
	case windows.FILE_TYPE_CHAR:
		return kindOfDevice(h)
	}
	return None
}

// pipeName returns the name of a pipe without \Device\NamedPipe, or "".
func pipeName(h windows.Handle) string {
	var info struct { // FILE_NAME_INFO
		length uint32 // in bytes
		name   [windows.MAX_PATH]uint16
	}
	err := windows.GetFileInformationByHandleEx(h, windows.FileNameInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil || int(info.length/2) > len(info.name) {
		return ""
	}
	return windows.UTF16ToString(info.name[:info.length/2])
}

// kindOfDevice tells NUL from a serial port or a console handle that may not be
// read.
func kindOfDevice(h windows.Handle) Kind {
	const fileFsDeviceInformation, fileDeviceNull = 4, 0x15
	var iosb windows.IO_STATUS_BLOCK
	var info struct{ deviceType, characteristics uint32 } // FILE_FS_DEVICE_INFORMATION
	err := winapi.NtQueryVolumeInformationFile(h, &iosb, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), fileFsDeviceInformation)
	if err == nil && info.deviceType == fileDeviceNull {
		return Null
	}
	return File
}
