package portowner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOf(t *testing.T) {
	untested := map[int]bool{} // rows of the table
	for i := range table {
		untested[i] = true
	}
	const viewRequests = "netsh http show servicestate view=requestq"
	for _, tt := range []struct {
		socket    Socket
		who       string // a part of it
		show, end []string
	}{
		// Linux
		{Socket{"linux", "tcp4", 8080, 812, "nginx"}, "", []string{"ps -fp 812"}, []string{"kill 812"}},
		{Socket{"linux", "tcp4", 8080, 0, ""}, "", []string{"sudo ss -ltnp 'sport = :8080'"}, nil},
		{Socket{"linux", "udp4", 53, 0, ""}, "", []string{"sudo ss -lunp 'sport = :53'"}, nil},
		{Socket{"linux", "tcp4", 22, 1, "systemd"}, ".socket unit", []string{"systemctl list-sockets"}, []string{"sudo systemctl stop UNIT.socket"}},
		{Socket{"linux", "tcp4", 22, 1, "init"}, ".socket unit", []string{"systemctl list-sockets"}, []string{"sudo systemctl stop UNIT.socket"}},
		{Socket{"linux", "tcp4", 8080, 1, "tini"}, "process 1", []string{"ps -fp 1", "systemctl list-sockets"}, nil},
		{Socket{"linux", "tcp4", 8080, 1730, "systemd"}, "of a user", []string{"systemctl --user list-sockets"}, []string{"systemctl --user stop UNIT.socket"}},
		{Socket{"linux", "tcp6", 8080, 900, "docker-proxy"}, "container", []string{"docker ps --filter publish=8080"}, []string{"docker stop CONTAINER"}},
		{Socket{"linux", "udp6", 53, 900, "docker-proxy"}, "container", []string{"docker ps --filter publish=53/udp"}, []string{"docker stop CONTAINER"}},
		{Socket{"linux", "tcp4", 8080, 900, "rootlessport"}, "container", []string{"podman port --all"}, []string{"podman stop CONTAINER"}},

		{Socket{"linux", "udp4", 53, 610, "systemd-resolve"}, "systemd-resolved", []string{"resolvectl status"}, []string{
			`sudo sh -c 'mkdir -p /etc/systemd/resolved.conf.d && printf "[Resolve]\nDNSStubListener=no\n" >/etc/systemd/resolved.conf.d/no-stub.conf'`,
			"sudo systemctl restart systemd-resolved"}},
		{Socket{"linux", "tcp4", 22, 900, "sshd"}, "SSH server", []string{"ps -fp 900"}, nil},
		{Socket{"linux", "tcp4", 8080, 900, "sshd"}, "", []string{"ps -fp 900"}, []string{"kill 900"}}, // a session that forwards the port

		// macOS
		{Socket{"darwin", "tcp4", 8080, 812, "nginx"}, "", []string{"ps -fp 812"}, []string{"kill 812"}},
		{Socket{"darwin", "tcp4", 8080, 0, ""}, "", []string{"sudo lsof -nP -iTCP:8080 -sTCP:LISTEN"}, nil},
		{Socket{"darwin", "udp4", 53, 0, ""}, "", []string{"sudo lsof -nP -iUDP:53"}, nil},
		{Socket{"darwin", "tcp4", 5000, 640, "ControlCenter"}, "AirPlay Receiver", []string{`open "x-apple.systempreferences:com.apple.AirDrop-Handoff-Settings.extension"`}, nil},
		{Socket{"darwin", "tcp6", 7000, 640, "ControlCe"}, "AirPlay Receiver", []string{`open "x-apple.systempreferences:com.apple.AirDrop-Handoff-Settings.extension"`}, nil},
		{Socket{"darwin", "tcp6", 49152, 640, "ControlCenter"}, "macOS", []string{"ps -fp 640"}, nil},
		{Socket{"darwin", "tcp6", 22, 1, "launchd"}, "launchd",
			[]string{"grep -l SockServiceName /Library/LaunchDaemons/*.plist /Library/LaunchAgents/*.plist ~/Library/LaunchAgents/*.plist"},
			[]string{"sudo launchctl bootout system/LABEL"}},
		{Socket{"darwin", "tcp6", 8080, 700, "com.docke"}, "container", []string{"docker ps --filter publish=8080"}, []string{"docker stop CONTAINER"}},
		{Socket{"darwin", "tcp6", 8080, 700, `OrbStack\x20Helper`}, "container", []string{"docker ps --filter publish=8080"}, []string{"docker stop CONTAINER"}},
		{Socket{"darwin", "tcp6", 8080, 700, "limactl"}, "virtual machine", []string{"limactl list"}, []string{"limactl stop INSTANCE"}},

		// Windows
		{Socket{"windows", "tcp4", 8080, 812, "java.exe"}, "", []string{`tasklist /FI "PID eq 812" /V`, `tasklist /svc /FI "PID eq 812"`}, []string{"taskkill /PID 812 /F"}},
		{Socket{"windows", "tcp4", 8080, 0, ""}, "", []string{"netstat -anoq | findstr :8080"}, nil},
		{Socket{"windows", "tcp4", 80, 4, "System"}, "HTTP.sys", []string{viewRequests, "sc.exe queryex w3svc"}, nil},
		{Socket{"windows", "tcp4", 5985, 4, "System"}, "WinRM", []string{viewRequests, "winrm enumerate winrm/config/listener"}, nil},
		{Socket{"windows", "tcp4", 445, 4, "System"}, "file sharing", []string{"sc.exe query lanmanserver"}, nil},
		{Socket{"windows", "udp4", 443, 4, "System"}, "kernel", []string{viewRequests, "netstat -anoq | findstr :443"}, nil},
		{Socket{"windows", "tcp4", 8080, 2044, "svchost.exe"}, "services", []string{`tasklist /svc /FI "PID eq 2044"`, "netsh interface portproxy show all"}, nil},
		{Socket{"windows", "tcp4", 49664, 700, "lsass.exe"}, "does not run", []string{`tasklist /svc /FI "PID eq 700"`}, nil},
		{Socket{"windows", "tcp6", 8080, 9000, "wslrelay.exe"}, "WSL", []string{`wsl.exe -u root -e ss -ltnp "sport = :8080"`, "wsl.exe --list --running"}, []string{"wsl.exe -u root -e fuser -k 8080/tcp"}},
		{Socket{"windows", "udp4", 8080, 9000, "WSLHost.exe"}, "WSL", []string{`wsl.exe -u root -e ss -lunp "sport = :8080"`, "wsl.exe --list --running"}, []string{"wsl.exe -u root -e fuser -k 8080/udp"}},
		{Socket{"windows", "tcp6", 8080, 9000, "com.docker.backend.exe"}, "container", []string{"docker ps --filter publish=8080"}, []string{"docker stop CONTAINER"}},
		{Socket{"windows", "tcp6", 8080, 9000, ""}, "has ended", []string{`powershell -NoProfile -Command "Get-CimInstance Win32_Process -Filter ParentProcessId=9000"`}, nil},

		// The BSDs, which name no process
		{Socket{"freebsd", "tcp4", 8080, 0, ""}, "", []string{"sockstat -46l -P tcp -p 8080"}, nil},
		{Socket{"openbsd", "tcp4", 8080, 0, ""}, "", []string{"fstat | grep ':8080'"}, nil},
		{Socket{"freebsd", "tcp4", 8080, 1, "init"}, "process 1", []string{"ps -fp 1"}, nil},
	} {
		t.Run(fmt.Sprintf("%s %s %d %s", tt.socket.GOOS, tt.socket.Network, tt.socket.PID, tt.socket.Name), func(t *testing.T) {
			delete(untested, slices.IndexFunc(table, func(r row) bool { return r.matches(tt.socket) }))
			a := Of(tt.socket)
			if tt.who == "" {
				assert.Empty(t, a.Who)
			}
			assert.Contains(t, a.Who, tt.who)
			assert.Equal(t, tt.show, a.Show)
			assert.Equal(t, tt.end, a.End)
			assert.Equal(t, len(tt.show)+len(tt.end), len(a.Commands()))
		})
	}
	for i := range untested {
		t.Errorf("no test of %+v", table[i])
	}
}

// TestNeverEndsBroker goes through every name of the table: what holds ports for others, and
// process 1, is never ended by its number, and nothing is left to be filled in.
func TestNeverEndsBroker(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows", "freebsd", "openbsd", "netbsd"} {
		for _, r := range table {
			for _, name := range append(r.names, strings.ToUpper(strings.Join(r.names[:min(1, len(r.names))], ""))+".exe") {
				for _, pid := range []int{1, 4, 812} {
					for _, port := range []int{80, 445, 5000, 5985, 8080} {
						a := Of(Socket{goos, "tcp4", port, pid, name})
						all := strings.Join(a.Commands(), "\n")
						assert.NotContains(t, all, "{")
						assert.NotEmpty(t, a.Show)
						if pid == 1 && goos != "windows" || pid == 4 && goos == "windows" || a.Who != "" {
							assert.NotContains(t, all, "kill", "%s %s %d", goos, name, pid)
						}
					}
				}
			}
		}
	}
}
