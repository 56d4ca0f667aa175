package codepage

// textBlocks returns how many blocks of 64 bytes p starts with that TextPrefix counts, in bytes. It
// looks for both at once, 16 bytes at a time, which Go has no words for.
//
//go:noescape
func textBlocks(p []byte) (n int)
