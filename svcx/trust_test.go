package svcx

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBroadWriter(t *testing.T) {
	const (
		system, admins, users, authenticated = "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545", "S-1-5-11"
		full, modify, read                   = 0x1f01ff, 0x1301bf, 0x1200a9
	)
	for _, c := range []struct {
		name string
		list []entry
		want string
	}{
		{"nobody", nil, ""},
		{`C:\Program Files`, []entry{{system, modify, false}, {admins, modify, false}, {users, read, false}, {users, 0xa0000000, true}}, ""},
		{`a directory made in C:\`, []entry{{system, full, false}, {admins, full, false}, {users, read, false}, {authenticated, modify, false}}, "Authenticated Users"},
		{"an entry for what is made in it", []entry{{users, full, true}}, ""},
		{"a right to delete", []entry{{users, 0x40, false}}, "Users"},
		{"a right to give rights", []entry{{"S-1-1-0", 0x40000, false}}, "Everyone"},
		{"a domain's users", []entry{{"S-1-5-21-1-2-3-513", modify, false}}, "Domain Users"},
		{"one user", []entry{{"S-1-5-21-1-2-3-1001", full, false}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, broadWriter(c.list)) })
	}
}
