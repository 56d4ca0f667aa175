package winapi

// PROCESS_MEMORY_COUNTERS is what GetProcessMemoryInfo fills in, in bytes.
type PROCESS_MEMORY_COUNTERS struct {
	Size                       uint32 // of this struct: set it before
	PageFaultCount             uint32
	PeakWorkingSetSize         uintptr
	WorkingSetSize             uintptr
	QuotaPeakPagedPoolUsage    uintptr
	QuotaPagedPoolUsage        uintptr
	QuotaPeakNonPagedPoolUsage uintptr
	QuotaNonPagedPoolUsage     uintptr
	PagefileUsage              uintptr
	PeakPagefileUsage          uintptr
}
