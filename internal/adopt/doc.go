// Adopt runs what people build services from, frameworks, servers, clients and command lines, on
// surefoot, and writes what came of it as a table. From the repository's root:
//
//	go run -C internal/adopt .                  every program, everywhere that this machine can
//	go run -C internal/adopt . -run '^(grpc|gin)$' -on process,wine
//	go run -C internal/adopt . -figures         every program, written into the READMEs
//
// Each folder of programs is one small service: on listen.Dual, run by svcx, with eventx as its log
// and a procx.Group for its tasks. It is built from the newest release of what it adopts, and then,
// as a process, as a unit of a booted systemd and as a Windows service of Wine's service control
// manager:
//
//   - started until it is ready;
//   - asked once over 127.0.0.1 and once over ::1, in its own protocol;
//   - told to reload while eight connections ask it for more, by SIGHUP, systemctl reload or the
//     control PARAMCHANGE: no request fails, and the answers change to those of the new settings;
//   - stopped while they go on: every request that it has begun is answered;
//   - looked at when it has ended: no goroutine, no child process and no event of its log is lost.
//
// go test runs the first of the three.
package main
