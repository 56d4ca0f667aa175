//go:build !amd64

package codepage

// textBlocks leaves it to TextPrefix.
func textBlocks([]byte) int { return 0 }
