package kit

import (
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// reload does what "sc control NAME paramchange" does, which Wine's sc lacks.
func reload(name string) error {
	m, err := mgr.Connect()
	if err != nil {
		return err
	}
	defer m.Disconnect()
	service, err := m.OpenService(name)
	if err != nil {
		return err
	}
	defer service.Close()
	_, err = service.Control(svc.ParamChange)
	return err
}
