package consolex
import ("testing";"fmt";"unicode/utf16")
func le(s string) string { var b []byte; for _,u:=range utf16.Encode([]rune(s)){b=append(b,byte(u),byte(u>>8))}; return string(b)}
func be(s string) string { var b []byte; for _,u:=range utf16.Encode([]rune(s)){b=append(b,byte(u>>8),byte(u))}; return string(b)}
func TestZY(t *testing.T){
 for _,s:=range []string{"hello\r\nworld\r\n","适用于 Linux 的 Windows 子系统分发版:\r\nUbuntu (默认)\r\n","系统找不到指定的文件。\r\n登录\r\n","é\r\n","a","中文","域: 中文\r\n没有\r\n", "驱动器 C 中的卷没有标签。\r\n 卷的序列号是 1234-ABCD\r\n 上\r\n以上\r\n"}{
  for _,cp:=range []CodePage{GBK,Big5,866,1252,ShiftJIS,EUCKR,UTF8CP,1251}{
   if g:=decoded(t,le(s),cp.OrUTF8()); g!=s {fmt.Printf("LE %v %q got %q\n",cp,s,g)}
   if g:=decoded(t,be(s),cp.OrUTF8()); g!=s {fmt.Printf("BE %v %q got %q\n",cp,s,g)}
   if g:=decoded(t,"log line\n"+le(s)+"ok: 8 bit\n中文\n",cp.OrUTF8()); g!="log line\n"+s+"ok: 8 bit\n中文\n" {fmt.Printf("mid %v %q got %q\n",cp,s,g)}
   if g:=decoded(t,"log line\n\xff\xfe"+le(s),cp.OrUTF8()); g!="log line\n"+s {fmt.Printf("bom %v %q got %q\n",cp,s,g)}
  }
 }
 fmt.Printf("%q\n",decoded(t,"abc\x00def\x00ghi\x00\n",GBK.OrUTF8()))
}
