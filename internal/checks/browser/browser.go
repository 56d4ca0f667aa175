// Package browser drives an installed Chromium, Chrome or Edge, without a window: for the tests of
// pages and for pictures of them.
package browser

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"

	"github.com/chromedp/chromedp"
)

// Find gives the path of a browser. Where there is none, its error wraps fs.ErrNotExist and says
// where it looked.
func Find() (string, error) {
	places := places(runtime.GOOS, os.Getenv)
	for _, place := range places {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("browser: %w: none of %q", fs.ErrNotExist, places)
}

// places are names to look up in PATH, and paths, by preference.
func places(goos string, getenv func(string) string) []string {
	places := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"}
	switch goos {
	case "windows": // installers don't add to PATH there; Edge is part of the system
		for _, program := range []string{`Google\Chrome\Application\chrome.exe`, `Chromium\Application\chrome.exe`, `Microsoft\Edge\Application\msedge.exe`} {
			for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
				if dir := getenv(variable); dir != "" {
					places = append(places, dir+`\`+program)
				}
			}
		}
	case "darwin":
		for _, app := range []string{"Google Chrome", "Chromium", "Microsoft Edge"} {
			places = append(places, "/Applications/"+app+".app/Contents/MacOS/"+app)
		}
	}
	return places
}

// Open starts a browser with a profile of its own, and a tab in it. More tabs are made from the
// tab's context by chromedp.NewContext. close ends the browser and removes the profile.
func Open(ctx context.Context) (tab context.Context, close func(), err error) {
	path, err := Find()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		// It has no business on the network but the page that it is given.
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-proxy-server", true),
	)
	if os.Geteuid() == 0 { // its sandbox refuses to work for root: containers
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	tab, cancelTab := chromedp.NewContext(allocator)
	close = func() {
		chromedp.Cancel(tab) // waits for the browser's end
		cancelTab()
		cancelAllocator()
	}
	if err := chromedp.Do(tab); err != nil {
		close()
		return nil, nil, errors.Join(fmt.Errorf("browser: %s does not start", path), err)
	}
	return tab, close, nil
}
