package winsec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKnownAccount(t *testing.T) {
	for name, want := range map[string]string{
		"LocalSystem": System, `NT AUTHORITY\SYSTEM`: System, "system": System,
		"LocalService": LocalService, `NT AUTHORITY\LocalService`: LocalService, `nt authority\local service`: LocalService,
		"NetworkService": NetworkService, `NT AUTHORITY\Network Service`: NetworkService,
		`NT SERVICE\TrustedInstaller`: TrustedInstaller, `nt service\trustedinstaller`: TrustedInstaller,
		"s-1-5-32-545": Users,
		"alice":        "", `.\alice`: "", `DOMAIN\orders$`: "", `NT SERVICE\`: "", `DOMAIN\LocalService`: "", "": "",
	} {
		assert.Equal(t, want, KnownAccount(name), name)
	}
}
