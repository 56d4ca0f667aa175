package config

import (
	"errors"
	"fmt"
	"net"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cleanPackage returns the package's path as go list says it in Match.
func cleanPackage(pkg string) (string, error) {
	pkg = strings.ReplaceAll(pkg, `\`, "/")
	switch clean := path.Clean(pkg); {
	case strings.Contains(pkg, "..."):
		return "", fmt.Errorf("%q names many packages: write a [[service]] for each program", pkg)
	case strings.HasSuffix(pkg, ".go"):
		return "", fmt.Errorf("%q is a file: write the directory of the package", pkg)
	case path.IsAbs(pkg), filepath.IsAbs(pkg), clean == ".", clean == "..", strings.HasPrefix(clean, "../"):
		return clean, nil
	case pkg == "." || strings.HasPrefix(pkg, "./"):
		return "./" + clean, nil
	case strings.HasPrefix(pkg, "-"):
		return "", fmt.Errorf("%q is a flag: write it into build_flags", pkg)
	case !strings.Contains(strings.SplitN(clean, "/", 2)[0], "."):
		return "", fmt.Errorf("%q has no dot in front: write ./%s for the directory, or the whole import path", pkg, clean)
	default:
		return clean, nil
	}
}

// defaultName is the name of a service that has not been given one.
func defaultName(s Service, dir string) string {
	switch {
	case s.Package == "" && len(s.Run) > 0:
		word, _, _ := strings.Cut(strings.TrimSpace(s.Run[len(s.Run)-1]), " ")
		if len(s.Run) > 1 && s.Run[0] != shellName {
			word = s.Run[0]
		}
		return strings.TrimSuffix(path.Base(filepath.ToSlash(word)), ".exe")
	case s.Package == "." || strings.HasPrefix(s.Package, ".."):
		return filepath.Base(filepath.Join(dir, filepath.FromSlash(s.Package)))
	}
	return path.Base(s.Package)
}

// version is the last element of the import path of a module of major version 2 or more.
var version = regexp.MustCompile(`^v[2-9][0-9]*$|^v1[0-9]+$`)

// Program is the name that go build gives to the program of the package with the import path, but
// for Windows' .exe (cmd/go/internal/load, DefaultExecName).
func Program(importPath string) string {
	name := path.Base(importPath)
	if parent := path.Dir(importPath); parent != "." && version.MatchString(name) {
		name = path.Base(parent)
	}
	return name
}

// otherName suggests a name for a service whose name is taken: that of its package with the
// directory around it.
func otherName(s Service, services []Service) string {
	free := func(name string) bool {
		return nameForm.MatchString(name) &&
			!slices.ContainsFunc(services, func(s Service) bool { return Variable(s.Name) == Variable(name) })
	}
	name := s.Name
	for dir := path.Dir(s.Package); s.Package != "" && dir != "." && dir != "/"; dir = path.Dir(dir) {
		if parent := path.Base(dir); parent != "cmd" && parent != ".." {
			if name = parent + "-" + name; free(name) {
				return name
			}
		}
	}
	for n := 2; ; n++ {
		if name := s.Name + "-" + strconv.Itoa(n); free(name) {
			return name
		}
	}
}

// Variable names the variable with a service's URL: user-service's is USER_SERVICE_URL.
func Variable(service string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(service)) + "_URL"
}

// checkAddress returns what is wrong with a public address.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("an address is HOST:PORT, such as localhost:8080, not " + strconv.Quote(address))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is no port", port)
	}
	return nil
}

// buildFlags returns the flags for go build.
func buildFlags(flags, tags []string) ([]string, error) {
	for _, flag := range flags {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch {
		case !strings.HasPrefix(flag, "-"):
			return nil, fmt.Errorf("%q is no flag: write -NAME=VALUE as one string", flag)
		case slices.Contains([]string{"o", "C", "n", "json"}, name):
			return nil, fmt.Errorf("-%s is dev's own", name)
		}
	}
	for _, tag := range tags {
		if tag == "" || strings.ContainsAny(tag, ", \t") {
			return nil, fmt.Errorf("%q is no build tag", tag)
		}
	}
	if len(tags) > 0 {
		flags = append(slices.Clone(flags), "-tags="+strings.Join(tags, ","))
	}
	return flags, nil
}
