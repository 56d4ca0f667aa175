package loop

import "golang.org/x/sys/unix"

// remoteKind names the kind of dir's file system if that does not tell of all changes.
func remoteKind(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return ""
	}
	return remoteKinds[uint32(fs.Type)]
}
