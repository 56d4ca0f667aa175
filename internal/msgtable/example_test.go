package msgtable_test

import (
	"fmt"
	"unicode/utf16"

	"github.com/surefoot-go/surefoot/internal/msgtable"
)

func ExampleTable_DLL() {
	full, _ := msgtable.Template("The disk is 100% full.\n%1")
	dll, err := msgtable.Table{
		Texts: map[uint16]string{2001: full},
		Rest:  "%1",
	}.DLL()
	fmt.Println(len(dll), err)
	// Output: 17920 <nil>
}

func ExampleAppendInsert() {
	text, left := msgtable.AppendInsert(nil, []byte("dial fe80::1%12: no route to host, and more"), 40)
	fmt.Printf("%+q, %d characters left out\n", string(utf16.Decode(text)), left)
	// Output: "dial fe80::1%\u200b12: no route to host\u2026[+10]", 10 characters left out
}
