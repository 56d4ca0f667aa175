package consolex

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// The costs below measure how far a character is from ordinary text, roughly in bits: 3 for a
// character that every text of its language contains, 14 for one that hardly any text contains. The
// cost of a reading is the sum over its characters. The cheaper reading is the likelier one.
const (
	impossible = 1 << 12 // of a code without a meaning

	mixed  = 10 // two scripts without a space between them
	cased  = 5  // a capital after a small letter
	beside = 3  // two symbols that usually stand alone
	inWord = 6  // a letter away from other letters of its script
)

// common936 holds the frequent characters whose codes in page 936 are valid UTF-8, ordered by
// frequency.
const common936 = "一学么什业时同院些统前职平之水小头校实目系直然片农专位只省突医全要习为原知志说员山太品状施委微战路士药失权某确取识图态远" +
	"石住录通去食支证止台指双血摇票师笑思示投停式应唯爷转沙准元券抓愿模偏女页展影潜始胜木谢史园液透艇约色营夜群效英维息围症源" +
	"讯帅装强没司偷钱盈细乾墙选漠圣篇皮印野刷母叶丝圆却恰援十站炭默拳抬牛压雪寻丫盛味谈纽丧写泉谋途杀逊诗枪圈偶迅喜遥千徒欧宅" +
	"缺滩硕庄席苑频僧斯痛纸越坦辖私使聘旨债每叹寨注枝墨谁签苇詹泄协预芯泰迎撰叩惟幕洗戏匹摘扭劝散浅歇砖顺贫童拥探袭亩踏薪追夕" +
	"赚鸦飘染值趣怒杉袁缘址摊姆挺奴卓壮未炸瞬粘占狮庭鞋鹰渊涂抹伪墓硬瓶穴魏磨溪铜巍遣桶尉捉魔织税莫跃弄嫂卸驯盏膜拇桩拼砂郑冉"

// lookTables are built on first use.
type lookTables struct {
	block [0x800]uint8 // the index of a character's block
	// common reports whether a code is one of common936, indexed by the low six bits of its bytes;
	// obvious reports whether it is also a rare character in UTF-8.
	common, obvious [1 << 12]bool
}

var looks struct {
	once   sync.Once
	tables lookTables
}

func tables() *lookTables {
	looks.once.Do(makeTables)
	return &looks.tables
}

func makeTables() {
	at := 0
	for char := range looks.tables.block {
		if rune(char) > blocks[at].last {
			at++
		}
		looks.tables.block[char] = uint8(at)
	}
	page, _ := codepage.PageOf(uint32(GBK)) // there is one
	for lead := 0xC2; lead < 0xE0; lead++ {
		for trail := 0x80; trail < 0xC0; trail++ {
			char, _ := page.Char([]byte{byte(lead), byte(trail)}, true)
			at := lead&0x3F<<6 | trail&0x3F
			looks.tables.common[at] = strings.ContainsRune(common936, char)
			looks.tables.obvious[at] = looks.tables.common[at] && searchBlock(rune(at&0x7FF)).cost >= 8
		}
	}
}

// isCommon reports whether a code is one of common936.
func isCommon(lead, trail byte) bool {
	return lead >= 0xC2 && trail < 0xC0 && tables().common[int(lead)&0x3F<<6|int(trail)&0x3F]
}

// weigh returns the cost of the page's reading of the run at the start of p, which ends at its
// first ASCII character. before is the byte before the run. whole is false for the beginning of a
// run.
func (d *detector) weigh(p []byte, before byte, whole bool) int {
	cost, n, letters := 0, 0, 0
	lower := isLower(before)
	for n < len(p) && p[n] >= utf8.RuneSelf {
		char, size := d.page.Char(p[n:], whole)
		switch {
		case size == 0:
			return cost
		case char == utf8.RuneError:
			return impossible
		case d.double:
			cost += d.costOf(char, p[n:n+size])
		case char < 0xA0 || char >= 0xE000 && char < 0xF900:
			cost += 14
		case char >= 0x2010 && char <= 0x2026:
			cost += 4
		case unicode.IsLetter(char) && char != 'ª' && char != 'º':
			if letters++; letters <= 2 {
				cost += 3
			} else { // a word
				cost++
			}
			if unicode.IsUpper(char) && lower {
				cost += cased
			}
			lower = unicode.IsLower(char)
		default:
			cost += 7
			lower, letters = false, 0
		}
		n += size
	}
	if d.double && n <= 3 { // a lone character in the middle of an English word
		if isLower(before) {
			cost += inWord
		}
		if n < len(p) && isLower(p[n]) {
			cost += inWord
		}
	}
	return cost
}

// read returns the cost of UTF-8's reading of a run.
func (d *detector) read(p []byte, before, after byte) int {
	cost, last := 0, common
	lower := isLower(before)
	for n := 0; n < len(p); {
		char, size := utf8.DecodeRune(p[n:])
		n += size
		b := blockOf(char)
		cost += int(b.cost)
		if b.script == mark {
			if last != latin && !(n == size && isLetter(before)) {
				cost += mixed
			}
			continue
		}
		if b.script == common || b.script == symbol {
			if b.script == symbol && len(p) > size {
				cost += beside
			}
			lower = false
			continue
		}
		switch {
		case last == latin && b.script == latin:
			cost += beside
		case last != common && last != b.script:
			cost += mixed
		}
		if last = b.script; last <= cyrillic { // scripts with capitals
			if unicode.IsUpper(char) && lower {
				cost += cased
			}
			lower = unicode.IsLower(char)
		}
	}
	inside := isLetter(before) || isLetter(after)
	switch last {
	case common, mark, symbol:
	case eastAsian:
		if inside && len(p) == 3 && !d.double {
			cost += inWord
		}
	case latin:
		if char, _ := utf8.DecodeRune(p); inside {
			cost -= 2
		} else if len(p) > 2 || !strings.ContainsRune("àÀéóèíîåæøöāıł", char) {
			cost += inWord
		}
	case greek:
		cost += 2
	case cyrillic:
		if inside {
			cost += inWord
		}
	default:
		if inside {
			cost += mixed + beside
		}
	}
	return cost
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isLower(c byte) bool  { return c >= 'a' && c <= 'z' }

// costOf returns the cost of a character in a double-byte page.
func (d *detector) costOf(char rune, code []byte) int {
	if char >= 0xE000 && char < 0xF900 {
		return 14
	}
	if len(code) == 4 {
		return 12
	}
	if len(code) == 1 {
		return 5 // half-width katakana
	}
	lead, trail := code[0], code[1]
	switch d.number {
	case GBK, GB18030:
		switch {
		case trail < 0xA1 || lead < 0xA1:
			return 11
		case lead < 0xA4:
			return 4
		case lead < 0xB0:
			return 8
		case lead < 0xD8:
			if isCommon(lead, trail) {
				return 3
			}
			return 6
		}
		return 9
	case Big5:
		switch {
		case lead < 0xA1:
			return 12
		case lead < 0xC7:
			return 4
		}
		return 9
	case EUCKR:
		switch {
		case trail < 0xA1 || lead < 0xA1:
			return 9
		case lead < 0xA4:
			return 4
		case lead >= 0xB0 && lead < 0xC9:
			return 4
		}
		return 10
	}
	switch { // 932
	case lead < 0x84:
		return 3
	case lead < 0x98:
		return 4
	case lead < 0xA0:
		return 7
	case lead < 0xEB:
		return 9
	}
	return 12
}
