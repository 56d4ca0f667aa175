package launchd

import (
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Render returns the property list of the service's launchd job (launchd.plist(5)).
func Render(s *spec.Spec, getenv func(string) string) ([]byte, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	logs := s.LogDir
	if logs == "" {
		logs = process.DefaultLogDir(spec.Launchd, s.Name, s.User, getenv)
	}
	t := spec.Text(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
`)
	text(&t, "Label", s.Name)
	words := spec.Each(s.Args, "\n\t\t", xmlString)
	key(&t, "ProgramArguments", "<array>\n\t\t"+xmlString(s.Executable)+words+"\n\t</array>")
	text(&t, "WorkingDirectory", s.WorkDir())
	if len(s.Env) > 0 {
		variables := ""
		for _, name := range s.Variables() {
			variables += "\n\t\t<key>" + escapeXML(name) + "</key>\n\t\t" + xmlString(s.Env[name])
		}
		key(&t, "EnvironmentVariables", "<dict>"+variables+"\n\t</dict>")
	}
	if s.Account != "" && !s.User {
		text(&t, "UserName", s.Account)
	}
	automatic := s.StartType.AtBoot()
	key(&t, "RunAtLoad", xmlBool(automatic))
	if s.StartType == spec.Disabled {
		key(&t, "Disabled", xmlBool(true))
	}
	// KeepAlive starts a job as soon as it is loaded, so a manually started job can't use it.
	if delays := s.RestartDelays; len(delays) > 0 && automatic {
		key(&t, "KeepAlive", "<dict>\n\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>")
		key(&t, "ThrottleInterval", xmlSeconds(delays[0]))
	}
	key(&t, "ExitTimeOut", xmlSeconds(s.StopTimeout+spec.StopMargin))
	output := xmlString(logs + "/output.log")
	key(&t, "StandardOutPath", output)
	key(&t, "StandardErrorPath", output)
	t.Lines("</dict>\n</plist>")
	for _, r := range string(t) {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return nil, spec.Errorf("svcx: service %s: XML can't hold the character %q", s.Name, r)
		}
	}
	return []byte(t), nil
}

// check returns an error for settings that a property list can't express.
func check(s *spec.Spec) error {
	if err := s.CheckUnix("launchd"); err != nil {
		return err
	}
	if strings.Contains(s.Name, ":") {
		return spec.Refuse("service name", s.Name, "a file name can't contain a colon on macOS")
	}
	if len(s.DependsOn) > 0 {
		return s.Refuse("launchd does not support dependencies: leave DependsOn empty and retry in Main")
	}
	return nil
}

func text(t *spec.Text, name, value string) { key(t, name, xmlString(value)) }

func key(t *spec.Text, name, value string) {
	t.Line("\t<key>", name+"</key>")
	t.Line("\t", value)
}

func escapeXML(text string) string {
	for _, r := range [...][2]string{{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {`"`, "&quot;"}, {"\t", "&#9;"}} { // & must be first
		text = strings.ReplaceAll(text, r[0], r[1])
	}
	return text
}

func xmlString(text string) string { return "<string>" + escapeXML(text) + "</string>" }

func xmlBool(b bool) string {
	if b {
		return "<true/>"
	}
	return "<false/>"
}

// xmlSeconds returns d in whole seconds, as launchd requires. It rounds up, because 0 means no
// limit.
func xmlSeconds(d time.Duration) string {
	return "<integer>" + strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10) + "</integer>"
}
