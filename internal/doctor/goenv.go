package doctor

// goEnvPlace is the place of what go env -w has written.
const goEnvPlace = "go env -w"

// where returns the value of a variable of Go's and what sets it: a place of Kept, "session", or
// goEnvPlace.
func (g *GoFacts) where(name string) (value, place string) {
	if value = g.System[name]; value != "" {
		if place = g.Kept[name]; place == "" {
			place = "session"
		}
		return value, place
	}
	if value = g.File[name]; value != "" {
		return value, goEnvPlace
	}
	return "", ""
}

// in formats a place of a variable, to be shown after the value.
func (f *Facts) in(place string) string {
	if f.Lang != "zh" {
		return " (" + place + ")"
	}
	if zh := map[string]string{"session": "本会话", "user": "用户变量", "machine": "系统变量"}[place]; zh != "" {
		place = zh
	}
	return "（" + place + "）"
}

// tmpDir is where go builds.
func (g *GoFacts) tmpDir() string {
	if dir := g.Env["GOTMPDIR"]; dir != "" {
		return dir
	}
	return g.TempDir
}
