package doctor

import (
	"encoding/json"
	"fmt"
	"strings"
)

// batch is the one PowerShell script of a run. Every value that it prints is a number or a boolean,
// never a localised text. The features take seconds on some machines, so they come last.
const batch = `$ErrorActionPreference='SilentlyContinue'
[pscustomobject]@{ outputCodePage=[Console]::OutputEncoding.CodePage; hypervisor=(Get-CimInstance Win32_ComputerSystem).HypervisorPresent } | ConvertTo-Json -Compress
$features=@{}
Get-CimInstance Win32_OptionalFeature | Where-Object { $_.Name -in 'VirtualMachinePlatform','Microsoft-Windows-Subsystem-Linux','Microsoft-Hyper-V' } | ForEach-Object { $features[$_.Name]=[int]$_.InstallState }
[pscustomobject]@{ features=$features } | ConvertTo-Json -Compress`

// parseBatch reads what batch has printed, or the part of it that came in time. Other lines are
// PowerShell's own, in the system's language.
func parseBatch(out string) (*PSFacts, error) {
	var ps *PSFacts
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") {
			continue
		}
		if ps == nil {
			ps = &PSFacts{}
		}
		if err := json.Unmarshal([]byte(line), ps); err != nil {
			return nil, fmt.Errorf("PowerShell's result: %w", err)
		}
	}
	if ps == nil {
		return nil, fmt.Errorf("PowerShell printed no result: %q", strings.Join(lines(out, 1), ""))
	}
	return ps, nil
}
