package consolex

// A CodePage is the number that Windows gives to an encoding of text.
type CodePage uint32

// Frequent code pages.
const (
	UTF8CP CodePage = 65001
)
