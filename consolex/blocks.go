package consolex

import (
	"slices"
	"unicode/utf8"
)

// A script is a writing system. The characters of a word usually share one.
type script uint8

const (
	common script = iota // punctuation, symbols
	latin
	greek
	cyrillic
	hebrew
	arabic
	eastAsian
	otherScript
	mark   // combines with the letter before it
	symbol // rarely occurs beside another symbol
)

// A charBlock is a range of characters up to last, after the one before it.
type charBlock struct {
	last   rune
	cost   int8
	script script
}

// blocks are the characters that UTF-8 encodes in two bytes or more.
var blocks = [...]charBlock{
	{0x9F, 14, common},    // C1 controls
	{0xA0, 3, common},     // no-break space
	{0xA8, 4, symbol},     // Latin-1 punctuation
	{0xA9, 3, symbol},     // ©
	{0xAA, 4, symbol},     //
	{0xAB, 3, common},     // «
	{0xAF, 4, symbol},     //
	{0xB0, 3, common},     // °
	{0xB6, 4, symbol},     //
	{0xB7, 3, common},     // ·
	{0xBA, 4, symbol},     //
	{0xBB, 3, common},     // »
	{0xBF, 4, symbol},     //
	{0xD6, 3, latin},      // Latin-1 letters
	{0xD7, 3, symbol},     // ×
	{0xF6, 3, latin},      //
	{0xF7, 5, symbol},     // ÷
	{0xFF, 3, latin},      //
	{0x17F, 4, latin},     // Latin Extended-A
	{0x19F, 9, latin},     //
	{0x1B0, 5, latin},     // Vietnamese
	{0x1CC, 9, latin},     //
	{0x1DC, 6, latin},     // Pinyin
	{0x217, 9, latin},     //
	{0x21B, 4, latin},     // Romanian
	{0x24F, 9, latin},     //
	{0x2AF, 10, latin},    // IPA
	{0x2FF, 9, common},    // spacing modifiers
	{0x36F, 6, mark},      // combining marks
	{0x385, 9, greek},     //
	{0x3CE, 4, greek},     //
	{0x3FF, 10, greek},    // archaic letters
	{0x45F, 3, cyrillic},  //
	{0x48F, 11, cyrillic}, // historic letters
	{0x491, 4, cyrillic},  // Ukrainian
	{0x52F, 8, cyrillic},  //
	{0x58F, 9, otherScript},
	{0x5CF, 9, hebrew},
	{0x5EA, 4, hebrew},
	{0x620, 8, hebrew},
	{0x652, 4, arabic},
	{0x6FF, 8, arabic},
	{0x8FF, 11, otherScript},
	{0xDFF, 9, otherScript},   // Indic scripts
	{0xE7F, 6, otherScript},   // Thai
	{0x1DFF, 10, otherScript}, //
	{0x1EFF, 5, latin},        // Vietnamese
	{0x1FFF, 8, greek},
	{0x206F, 3, common}, // general punctuation
	{0x209F, 8, common},
	{0x20CF, 4, common}, // currency
	{0x214F, 5, common}, // ℃, №
	{0x218F, 6, common},
	{0x21FF, 4, common}, // arrows
	{0x22FF, 6, common},
	{0x23FF, 6, common},
	{0x245F, 10, common},
	{0x24FF, 6, common},
	{0x25FF, 3, common}, // boxes
	{0x27BF, 5, common}, // dingbats
	{0x29FF, 8, common},
	{0x2BFF, 11, common},
	{0x2FFF, 12, common},
	{0x303F, 3, common}, // ideographic punctuation
	{0x30FF, 3, eastAsian},
	{0x318F, 8, eastAsian},
	{0x33FF, 8, common},
	{0x4DFF, 11, eastAsian},
	{0x9FFF, 5, eastAsian}, // unified ideographs
	{0xABFF, 12, otherScript},
	{0xD7A3, 5, eastAsian}, // Hangul
	{0xFEFE, 12, otherScript},
	{0xFEFF, 5, common},
	{0xFF5E, 4, common}, // full-width forms
	{0xFFFC, 8, common},
	{0xFFFD, 4, common},
	{0x1EFFF, 12, otherScript},
	{0x1FAFF, 4, common}, // emoji
	{0x1FFFF, 30, otherScript},
	{0x3FFFF, 16, eastAsian}, // rare ideographs
	{utf8.MaxRune, 30, otherScript},
}

// blockOf returns the block of a character that is not ASCII.
func blockOf(char rune) *charBlock {
	if char < 0x800 {
		return &blocks[tables().block[char]]
	}
	return searchBlock(char)
}

func searchBlock(char rune) *charBlock {
	i, _ := slices.BinarySearchFunc(blocks[:], char, func(b charBlock, char rune) int { return int(b.last - char) })
	return &blocks[i]
}
