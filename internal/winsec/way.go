package winsec

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// A node is the object that a path names; for a link, the link itself.
type node struct {
	*Descriptor
	dir    bool
	link   linkKind
	target string // the target of a link to a path, as stored
}

// maxLinks is the number of links after which Windows considers a path a loop.
const maxLinks = 63

// A way is the result of a walk along a path.
type way struct {
	end    string // the path of the last element, without links to paths
	opaque bool   // the path has links of an unknown kind, so the real path must be read from the open file
}

// walk follows an absolute path as the system does and checks every directory and link on it,
// including those on the path to which each link leads. It does not check the last object, which
// the caller has open and checks itself.
func (a *Account) walk(path string, look func(path string) (node, error)) (w way, err error) {
	root, rest, ok := split(path)
	if !ok {
		return w, fmt.Errorf("the way to %s can't be checked: not an absolute path", path)
	}
	w.end = root
	todo := elements(true, rest)
	for links := 0; len(todo) > 0; {
		name := todo[0]
		if todo = todo[1:]; name == ".." { // in a link's target: Windows resolves it textually
			w.end = parent(w.end)
			continue
		}
		at := join(w.end, name)
		n, err := look(at)
		if name == "" {
			n.link = noLink // the server resolves the links of a share
		}
		switch {
		case err != nil:
		case n.link != noLink:
			err = a.Check(at, n.Descriptor, ForLinking)
		case len(todo) == 0:
		case !n.dir:
			err = exchanged(path)
		default:
			err = a.Check(at, n.Descriptor, ForPassing)
		}
		if err != nil {
			return w, gone(path, err)
		}
		if n.link != linkToPath {
			w.end, w.opaque = at, w.opaque || n.link == linkUnknown
			continue
		}
		if links++; links > maxLinks {
			return w, exchanged(path)
		}
		root, rest, absolute := split(n.target)
		switch {
		case absolute:
			w.end = root
		case strings.HasPrefix(rest, `\`): // from the root of the same volume
			w.end, _, _ = split(w.end)
		}
		todo = append(elements(absolute, rest), todo...)
	}
	return w, nil
}

// elements returns the names in a path, including "..". If root is set, "" for the root comes
// first.
func elements(root bool, path string) (names []string) {
	if root {
		names = append(names, "")
	}
	for _, name := range strings.Split(path, `\`) {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

func exchanged(path string) error { return fmt.Errorf("%s was %w", path, trust.ErrExchanged) }

// gone converts the error for an object that has disappeared to trust.ErrExchanged.
func gone(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return exchanged(path)
	}
	return err
}
