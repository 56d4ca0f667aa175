package loop

import "golang.org/x/sys/unix"

// remoteKind returns the kind of dir's file system if that does not report all changes.
func remoteKind(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return ""
	}
	return remoteKinds[uint32(fs.Type)]
}
