package portowner

// A row of the table: which owners it is for, what they are, and the commands.
type row struct {
	goos    string   // "": any
	pid     int      // 0: any
	hidden  bool     // the process is unknown
	unnamed bool     // it has a number, but no name
	names   []string // in lower case, without .exe; nil: any
	ports   []int    // nil: any
	udp     string   // "udp" or "tcp"; "": both

	who       string
	show, end []string
}

const (
	httpSys  = "which is HTTP.sys: a service has it listen"
	kernel   = "which is the kernel"
	services = "which hosts Windows services"
	docker   = "which passes the port to a container"
	wsl      = "which passes the port to a Linux program in WSL"
)

// Processes without which Windows does not run.
var vital = []string{"services", "lsass", "lsaiso", "wininit", "winlogon", "csrss", "smss", "registry", "secure system", "memory compression"}

var (
	showDocker = []string{"docker ps --filter publish={publish}"}
	endDocker  = []string{"docker stop CONTAINER"}
	showPodman = []string{"podman port --all"}
	endPodman  = []string{"podman stop CONTAINER"}
	dockers    = []string{"docker-proxy", "dockerd", "rootlesskit", "com.docker.backend", "com.docker.proxy", "com.docker.vpnkit", "vpnkit",
		"vpnkit-bridge", "vpnkit-forwarder", "com.docker.vpnkit-bridge", "orbstack helper"}
	podmans = []string{"rootlessport", "conmon", "slirp4netns", "pasta", "pasta.avx2", "passt", "passt.avx2", "gvproxy", "win-sshproxy"}
)

// table is read from the top: what is special stands before what is general.
var table = []row{
	// Containers are the same everywhere.
	{names: dockers, who: docker, show: showDocker, end: endDocker},
	{names: podmans, who: docker, show: showPodman, end: endPodman},

	// Process 1 holds the ports of systemd's socket units. In a container it is the program that
	// the container is for.
	{goos: "linux", pid: 1, names: []string{"systemd", "init"}, who: "which holds it for a .socket unit",
		show: []string{"systemctl list-sockets"}, end: []string{"sudo systemctl stop UNIT.socket"}},
	{goos: "linux", pid: 1, who: "which is process 1, and must not be ended", show: []string{"ps -fp 1", "systemctl list-sockets"}},
	{goos: "linux", names: []string{"systemd"}, who: "which holds it for a .socket unit of a user",
		show: []string{"systemctl --user list-sockets"}, end: []string{"systemctl --user stop UNIT.socket"}},
	{goos: "linux", names: []string{"systemd-resolve"}, ports: []int{53}, who: "which is the DNS stub of systemd-resolved", // cut after 15 bytes
		show: []string{"resolvectl status"},
		end: []string{`sudo sh -c 'mkdir -p /etc/systemd/resolved.conf.d && printf "[Resolve]\nDNSStubListener=no\n" >/etc/systemd/resolved.conf.d/no-stub.conf'`,
			"sudo systemctl restart systemd-resolved"}},
	{goos: "linux", hidden: true, show: []string{"sudo ss -{ss} 'sport = :{port}'"}},

	// System Settings has the switch: a ControlCenter that is ended comes back.
	{goos: "darwin", names: []string{"controlcenter"}, ports: []int{5000, 7000}, who: "which is the AirPlay Receiver",
		show: []string{`open "x-apple.systempreferences:com.apple.AirDrop-Handoff-Settings.extension"`}},
	{goos: "darwin", names: []string{"controlcenter"}, who: "which is a part of macOS", show: []string{"ps -fp {pid}"}},
	{goos: "darwin", pid: 1, who: "which is launchd: it holds the port for a job",
		show: []string{"grep -l SockServiceName /Library/LaunchDaemons/*.plist /Library/LaunchAgents/*.plist ~/Library/LaunchAgents/*.plist"},
		end:  []string{"sudo launchctl bootout system/LABEL"}},
	{goos: "darwin", names: []string{"limactl"}, who: "which passes the port to a virtual machine", show: []string{"limactl list"}, end: []string{"limactl stop INSTANCE"}},
	{goos: "darwin", hidden: true, show: []string{"sudo lsof -nP -i{proto}:{port}{state}"}},

	// The kernel of Windows listens for others.
	{goos: "windows", pid: 4, ports: []int{137, 138, 139, 445}, who: "which is Windows' file sharing", show: []string{"sc.exe query lanmanserver"}},
	{goos: "windows", pid: 4, ports: []int{5985, 5986, 47001}, udp: "tcp", who: httpSys + ", here WinRM",
		show: []string{"netsh http show servicestate view=requestq", "winrm enumerate winrm/config/listener"}},
	{goos: "windows", pid: 4, udp: "tcp", who: httpSys + ", such as IIS (W3SVC), WinRM, SQL Server Reporting Services or BranchCache",
		show: []string{"netsh http show servicestate view=requestq", "sc.exe queryex w3svc"}},
	{goos: "windows", pid: 4, who: kernel, show: []string{"netsh http show servicestate view=requestq", "netstat -anoq | findstr :{port}"}},

	{goos: "windows", names: []string{"svchost"}, who: services,
		show: []string{`tasklist /svc /FI "PID eq {pid}"`, "netsh interface portproxy show all"}},
	{goos: "windows", names: vital, who: "which Windows does not run without", show: []string{`tasklist /svc /FI "PID eq {pid}"`}},
	{goos: "windows", names: []string{"wslrelay", "wslhost", "wslservice", "vmmem", "vmmemwsl"}, who: wsl,
		show: []string{`wsl.exe -u root -e ss -{ss} "sport = :{port}"`, "wsl.exe --list --running"}, end: []string{"wsl.exe -u root -e fuser -k {port}/{lower}"}},

	// A handle of the socket lives on in a child that has inherited it.
	{goos: "windows", unnamed: true, who: "which has ended, and left the port to a child",
		show: []string{`powershell -NoProfile -Command "Get-CimInstance Win32_Process -Filter ParentProcessId={pid}"`}},
	{goos: "windows", hidden: true, show: []string{"netstat -anoq | findstr :{port}"}},

	{goos: "freebsd", hidden: true, show: []string{"sockstat -46l -P {lower} -p {port}"}},
	{hidden: true, show: []string{"fstat | grep ':{port}'"}},
	{pid: 1, who: "which is process 1, and must not be ended", show: []string{"ps -fp 1"}},

	// Ending the SSH server of a machine may lock out its user.
	{names: []string{"sshd"}, ports: []int{22}, who: "which is the SSH server", show: []string{"ps -fp {pid}"}},

	// Ordinary programs. On Windows one may be a service, which its manager ends better.
	{goos: "windows", show: []string{`tasklist /FI "PID eq {pid}" /V`, `tasklist /svc /FI "PID eq {pid}"`}, end: []string{"taskkill /PID {pid} /F"}},
	{show: []string{"ps -fp {pid}"}, end: []string{"kill {pid}"}},
}
