package svcx

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

func TestEntries(t *testing.T) {
	for sddl, want := range map[string]string{
		"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)": "",
		"O:BAG:BAD:P(A;;FA;;;SY)(A;OICI;0x1301bf;;;AU)":         "Authenticated Users",
		"O:BAG:BAD:P(A;OICIIO;FA;;;WD)":                         "",
		"O:BAG:BAD:P(D;;FA;;;WD)":                               "",
	} {
		sd, err := windows.SecurityDescriptorFromString(sddl)
		require.NoError(t, err)
		list, err := entries(sd)
		require.NoError(t, err)
		assert.Equal(t, want, broadWriter(list), sddl)
	}
	none, err := windows.NewSecurityDescriptor()
	require.NoError(t, err)
	require.NoError(t, none.SetDACL(nil, true, false))
	list, err := entries(none)
	require.NoError(t, err)
	assert.Equal(t, "Everyone", broadWriter(list), "no list allows everyone everything")
}
