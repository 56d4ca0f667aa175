package listen

import (
	"errors"
	"syscall"
)

// cause is the meaning of a system's error number for a listener.
type cause uint8

const (
	other     cause = iota
	inUse           // another socket has the port
	forbidden       // access denied, another socket has it exclusively, or the range is reserved
	noFamily        // the address family is absent
	noAddress       // no interface has the address
	shortage        // of descriptors or memory; temporary
	hungUp          // the connection was gone before it was accepted
)

// Windows Sockets' error numbers (Microsoft, "Windows Sockets Error Codes"). The syscall package
// gives their POSIX names to numbers of its own. No Unix has numbers as high as these.
const (
	wsaEACCES          syscall.Errno = 10013
	wsaEMFILE          syscall.Errno = 10024
	wsaEPROTONOSUPPORT syscall.Errno = 10043
	wsaEAFNOSUPPORT    syscall.Errno = 10047
	wsaEADDRINUSE      syscall.Errno = 10048
	wsaEADDRNOTAVAIL   syscall.Errno = 10049
	wsaECONNABORTED    syscall.Errno = 10053
	wsaECONNRESET      syscall.Errno = 10054
	wsaENOBUFS         syscall.Errno = 10055
	wsaENOTCONN        syscall.Errno = 10057
)

// causeOf returns the cause of err.
func causeOf(err error) cause {
	if errors.Is(err, errShadowed) {
		return inUse
	}
	var errno syscall.Errno
	if errors.As(err, new(controlError)) || !errors.As(err, &errno) {
		return other
	}
	switch errno {
	case syscall.EADDRINUSE, wsaEADDRINUSE:
		return inUse
	case syscall.EACCES, syscall.EPERM, wsaEACCES:
		return forbidden
	case syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT, wsaEAFNOSUPPORT, wsaEPROTONOSUPPORT:
		return noFamily
	case syscall.EADDRNOTAVAIL, wsaEADDRNOTAVAIL:
		return noAddress
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, wsaEMFILE, wsaENOBUFS:
		return shortage
	case syscall.ECONNABORTED, syscall.ECONNRESET, syscall.ENOTCONN, syscall.EPROTO, syscall.ENETDOWN, syscall.EHOSTUNREACH,
		syscall.ENETUNREACH, wsaECONNABORTED, wsaECONNRESET, wsaENOTCONN:
		// "Linux accept() passes already-pending network errors on the new socket as an error
		// code": accept(2). Wine's AcceptEx does likewise.
		return hungUp
	}
	return other
}
