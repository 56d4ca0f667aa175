// Adopt runs popular frameworks, servers, clients and command line libraries on surefoot, and
// prints the results as a table. From the repository's root:
//
//	go run -C internal/adopt .                  every program, everywhere that this machine can
//	go run -C internal/adopt . -run '^(grpc|gin)$' -on process,wine
//	go run -C internal/adopt . -figures         every program, written into the READMEs
//
// Each folder of programs is one small service on listen.Dual, run by svcx, with eventx as its log
// and a procx.Group for its tasks. It is built with the newest release of the framework, and then,
// as a process, as a unit of a booted systemd and as a Windows service of Wine's service control
// manager:
//
//   - started until it is ready;
//   - sent one request over 127.0.0.1 and one over ::1, in its own protocol;
//   - told to reload, by SIGHUP, systemctl reload or the control PARAMCHANGE, while eight connections
//     send more requests: no request may fail, and the answers must change to the new settings;
//   - stopped while they continue: every request in progress must be answered;
//   - checked when it has ended: no goroutine or child process may remain, and no event may be
//     lost.
//
// go test runs the first of the three.
package main
