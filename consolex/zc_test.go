package consolex
import ("testing";"strings";"io";"golang.org/x/text/encoding/simplifiedchinese")
func BenchmarkGBKMixed(b *testing.B){
	mixed := []byte(strings.Repeat("2026-01-02T15:04:05.123Z INFO 请求处理完成 method=GET path=/api/v1/items 状态=200 用时=12ms\n", 300))
	c,_:=simplifiedchinese.GBK.NewEncoder().Bytes(mixed)
	w:=Detect{CodePage: GBK}.NewDecodeWriter(io.Discard)
	b.SetBytes(int64(len(c)))
	for b.Loop(){ w.Write(c) }
}
func BenchmarkGBKChinese(b *testing.B){
	mixed := []byte(strings.Repeat("请求处理完成方法路径经过处理文件系统找不到指定的路径拒绝访问主机名注册组织\n", 300))
	c,_:=simplifiedchinese.GBK.NewEncoder().Bytes(mixed)
	w:=Detect{CodePage: GBK}.NewDecodeWriter(io.Discard)
	b.SetBytes(int64(len(c)))
	for b.Loop(){ w.Write(c) }
}
