package doctor

import (
	"encoding/json"
	"fmt"
	"strings"
)

// batch is the one PowerShell script of a run. Every value it prints is of a
// class or an enumeration, never of a localised text.
const batch = `$ErrorActionPreference='SilentlyContinue'
$features=@{}
Get-CimInstance Win32_OptionalFeature | Where-Object { $_.Name -in 'VirtualMachinePlatform','Microsoft-Windows-Subsystem-Linux','Microsoft-Hyper-V' } | ForEach-Object { $features[$_.Name]=[int]$_.InstallState }
$time=Get-CimInstance Win32_Service -Filter "Name='W32Time'"
$cs=Get-CimInstance Win32_ComputerSystem
[pscustomobject]@{ hypervisor=$cs.HypervisorPresent; features=$features; output=[Console]::OutputEncoding.CodePage; timeState=$time.State; timeStart=$time.StartMode } | ConvertTo-Json -Compress`

// parseBatch reads what batch has printed.
func parseBatch(out string) (*PSFacts, error) {
	start := strings.IndexByte(out, '{') // a profile may print before it
	if start < 0 {
		return nil, fmt.Errorf("PowerShell printed no result: %q", strings.Join(lines(out, 1), ""))
	}
	var b struct {
		Hypervisor           *bool
		Features             map[string]int
		Output               int
		TimeState, TimeStart string
	}
	if err := json.Unmarshal([]byte(out[start:]), &b); err != nil {
		return nil, fmt.Errorf("PowerShell's result: %w", err)
	}
	return &PSFacts{Hypervisor: b.Hypervisor, Features: b.Features, OutputCodePage: b.Output, TimeService: b.TimeState, TimeServiceStart: b.TimeStart}, nil
}
