package pathx

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRemedies(t *testing.T) {
	for _, tt := range []struct {
		goos string
		trouble
		want string
	}{
		{"linux", diskFull, "df -i /srv"},
		{"windows", diskFull, "fsutil volume diskfree \"/srv\""},
		{"linux", readOnlyDisk, "ReadWritePaths=/srv"},
		{"darwin", readOnlyDisk, "mount it writable"},
		{"linux", noDescriptors, "LimitNOFILE="},
		{"windows", noDescriptors, "doesn't close"},
		{"windows", lockedFile, "resmon"},
		{"linux", mountedFile, "mount its directory instead"},
		{"windows", namelessVolume, "Finder.Trust to none"},
		{"linux", notPermitted, "ls -ld /srv"},
		{"windows", notPermitted, "icacls \"/srv\""},
	} {
		assert.Contains(t, tt.remedy(tt.goos, "/srv"), tt.want, "%s %d", tt.goos, tt.trouble)
	}
	assert.Contains(t, notPermitted.remedy("linux", "/srv/$(x) y"), "ls -ld '/srv/$(x) y'")
	assert.Empty(t, noTrouble.remedy("linux", "/srv"))
}
