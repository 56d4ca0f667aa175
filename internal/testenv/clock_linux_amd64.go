package testenv

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// JumpClock sets the time of day of this process, which should be t's own, forward or back by d, as
// an administrator or a time server may do to the machine's. The monotonic clock goes on. It skips
// t where that can't be had.
//
// Go asks the kernel's code in the process for the time (vdso(7)). JumpClock puts other code in its
// place, in this process's private copy.
func JumpClock(t testing.TB, d time.Duration) {
	t.Helper()
	if err := jumpClock(d); err != nil {
		t.Skipf("can't jump this process's clock: %v", err)
	}
	jumped += d
}

// jumped is how far this process's clock is off.
var jumped time.Duration

// clockCode is clock_gettime by the system call, with what follows the code added to the seconds of
// CLOCK_REALTIME.
var clockCode = []byte{
	0xB8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
	0x0F, 0x05, // syscall
	0x85, 0xFF, // test edi, edi
	0x75, 0x0A, // jnz to ret
	0x48, 0x8B, 0x0D, 6, 0, 0, 0, // mov rcx, [rip+6]
	0x48, 0x01, 0x0E, // add [rsi], rcx
	0xC3, // ret
	0x90, 0x90,
}

func jumpClock(d time.Duration) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	var start, end uint64
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(line, "[vdso]\n") {
			fmt.Sscanf(line, "%x-%x", &start, &end)
		}
	}
	mem, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer mem.Close()
	image := make([]byte, end-start)
	if _, err := mem.ReadAt(image, int64(start)); err != nil {
		return err
	}
	vdso, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return err
	}
	symbols, err := vdso.DynamicSymbols()
	if err != nil {
		return err
	}
	at := map[string]int64{}
	for _, s := range symbols {
		at[s.Name] = int64(start + s.Value)
	}
	entry, room := at["__vdso_clock_gettime"], at["__vdso_gettimeofday"] // Go calls the first only
	if entry == 0 || room == 0 {
		return errors.New("the vDSO has other functions")
	}
	code := binary.LittleEndian.AppendUint64(clockCode[:len(clockCode):len(clockCode)], uint64((jumped+d)/time.Second))
	if _, err := mem.WriteAt(code, room); err != nil {
		return err
	}
	// Other threads may be about to ask for the time: one aligned write turns them to it.
	jump := make([]byte, 8)
	if _, err := mem.ReadAt(jump, entry); err != nil {
		return err
	}
	jump[0] = 0xE9 // jmp
	binary.LittleEndian.PutUint32(jump[1:], uint32(room-entry-5))
	_, err = mem.WriteAt(jump, entry)
	return err
}
