package goroutine

import (
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Namer finds the names of functions in their source. It is not safe for concurrent use.
//
// Up to Go 1.26 a function literal gets the name of the function that it is compiled into, which
// need not be the one that it stands in: where New calls (*Pool).start, and the compiler puts that
// into New, and New into main, the literal is main.main.New.(*Pool).start.func3, and its package is
// lost. Go 1.27 names it as it stands in the source, pool.(*Pool).start.func1.
type Namer struct{ known map[[2]string]string }

// Name returns the source's name of a function, given a place (file:line) in it. It is the function
// itself if it is not such a literal.
func (n *Namer) Name(function, at string) string {
	if !Renamed(function) {
		return function
	}
	file, _ := cutLine(at)
	key := [2]string{function, file}
	name, ok := n.known[key]
	if !ok {
		if n.known == nil {
			n.known = make(map[[2]string]string)
		}
		all := linked()
		all.mu.Lock()
		name = all.source(function, file)
		all.mu.Unlock()
		n.known[key] = name
	}
	return name
}

// Source returns the source's names of Entry and of Creator.
func (n *Namer) Source(g *Goroutine) (entry, creator string) {
	entry, creator = g.Entry, g.Creator
	if !Renamed(entry) && !Renamed(creator) {
		return entry, creator
	}
	for function, at := range g.frames() {
		if function == g.Entry {
			entry = n.Name(function, at)
		}
	}
	if !Starter(g.Creator) {
		creator = n.Name(g.Creator, g.Site)
	}
	return entry, creator
}

// Functions returns the source's names of those on the stack, and of the creator.
func (n *Namer) Functions(g *Goroutine) []string {
	var list []string
	for function, at := range g.frames() {
		list = append(list, n.Name(function, at))
	}
	_, creator := n.Source(g)
	return append(list, creator)
}

// frames yields the functions on the stack, innermost first, with their places.
func (g *Goroutine) frames() func(func(function, at string) bool) {
	return func(yield func(string, string) bool) {
		function := ""
		for line := range strings.Lines(g.Text) {
			line = strings.TrimSuffix(line, "\n")
			if function != "" && strings.HasPrefix(line, "\t") && !yield(function, Place(line)) {
				return
			}
			function = FunctionOf(line)
		}
	}
}

func cutLine(at string) (file, line string) {
	if i := strings.LastIndexByte(at, ':'); i >= 0 {
		return at[:i], at[i+1:]
	}
	return at, ""
}

// Renamed reports whether a function may be a literal that has been renamed: one in another one
// that has more names than a literal in a method has.
func Renamed(function string) bool {
	_, names := splitName(function)
	names, literal := cutLiteral(names)
	return literal != "" && len(names) > 1 && (!strings.HasPrefix(names[0], "(") || len(names) > 2)
}

// Package returns the path of a function's package as a stack trace prints it: the dots of its last
// element are %2e, as in gopkg.in/yaml%2ev3.
func Package(function string) string {
	pkg, _ := splitName(function)
	return pkg
}

// splitName splits a function's name into its package and the names behind it. Neither brackets nor
// parentheses are split.
func splitName(function string) (pkg string, names []string) {
	plain, _, _ := strings.Cut(function, "[") // type arguments have paths of their own
	slash := strings.LastIndexByte(plain, '/') + 1
	dot := strings.IndexByte(function[slash:], '.')
	if dot < 0 {
		return "", []string{function}
	}
	pkg, rest := function[:slash+dot], function[slash+dot+1:]
	start, depth := 0, 0
	for i := range len(rest) {
		switch rest[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '.':
			if depth == 0 {
				names = append(names, rest[start:i])
				start = i + 1
			}
		}
	}
	return pkg, append(names, rest[start:])
}

// cutLiteral cuts the names of literals off the end: func1, gowrap1, 2.
func cutLiteral(names []string) (rest []string, literal string) {
	i := len(names)
	for i > 1 && isLiteral(names[i-1]) {
		i--
	}
	return names[:i], strings.Join(names[i:], ".")
}

func isLiteral(name string) bool {
	name, _, _ = strings.Cut(name, "-range")
	for _, prefix := range []string{"func", "gowrap", "deferwrap", ""} {
		if number, ok := strings.CutPrefix(name, prefix); ok {
			if _, err := strconv.ParseUint(number, 10, 32); err == nil {
				return true
			}
		}
	}
	return false
}

// symbols are the functions of this program.
type symbols struct {
	mu        sync.Mutex
	functions map[string]string // where they begin: file:line
	entries   map[string]uintptr
	into      map[string]map[string]string // what inlined has found
	types     map[string]bool              // "pkg.T" of the methods
	packages  map[string]string            // by the directory of their files
	literals  map[string][]string          // by file
}

var theSymbols struct {
	once sync.Once
	all  *symbols
}

func linked() *symbols {
	theSymbols.once.Do(func() { theSymbols.all = readSymbols() })
	return theSymbols.all
}

// readSymbols walks through the program's functions from the last to the first, which takes some
// milliseconds. A system on which they are not in one piece shows only some of them.
func readSymbols() *symbols {
	s := &symbols{functions: make(map[string]string), entries: make(map[string]uintptr), into: make(map[string]map[string]string), types: make(map[string]bool), packages: make(map[string]string), literals: make(map[string][]string)}
	last, _, _, _ := runtime.Caller(0)
	for step := uintptr(1); step > 0; {
		if runtime.FuncForPC(last+step) != nil {
			last, step = last+step, step*2
		} else {
			step /= 2
		}
	}
	for f := runtime.FuncForPC(last); f != nil; f = runtime.FuncForPC(f.Entry() - 1) {
		name := runtime.FuncForPC(f.Entry()).Name() // of the outermost, if another was put into its end
		file, line := f.FileLine(f.Entry())
		s.functions[name] = file + ":" + strconv.Itoa(line)
		s.entries[name] = f.Entry()
		pkg, names := splitName(name)
		names, literal := cutLiteral(names)
		if literal != "" {
			s.literals[file] = append(s.literals[file], name)
			continue
		}
		if len(names) > 1 {
			s.types[pkg+"."+strings.Trim(names[0], "(*)")] = true
		}
		if dir := path.Dir(file); pkg != "" && file != "<autogenerated>" && s.packages[dir] == "" {
			s.packages[dir] = pkg
		}
	}
	return s
}

// source returns the source's name of a literal in a file. Literals are numbered in the order of
// the source.
func (s *symbols) source(function, file string) string {
	in, literal := s.enclosing(function, file)
	if in+"."+literal == function || strings.Contains(literal, ".") || !strings.HasPrefix(literal, "func") {
		return in + "." + literal
	}
	var lines []int // of all literals in the same function
	for _, name := range s.literals[file] {
		if other, l := s.enclosing(name, file); other == in && strings.HasPrefix(l, "func") && !strings.Contains(l, ".") {
			lines = append(lines, s.line(name))
		}
	}
	slices.Sort(lines)
	if i, ok := slices.BinarySearch(slices.Compact(lines), s.line(function)); ok {
		literal = "func" + strconv.Itoa(i+1)
	}
	return in + "." + literal
}

// line returns the line at which a function begins.
func (s *symbols) line(function string) int {
	_, line := cutLine(s.functions[function])
	n, _ := strconv.Atoi(line)
	return n
}

// enclosing splits a literal's name into the function of the source that it stands in, and the
// rest.
func (s *symbols) enclosing(function, file string) (in, literal string) {
	pkg, names := splitName(function)
	names, literal = cutLiteral(names)
	own := strings.TrimSuffix(function, "."+literal)
	into := len(names) // as many of the names are those of the function that it is compiled into
	for into > 0 && s.functions[pkg+"."+strings.Join(names[:into], ".")] == "" {
		into--
	}
	if into == 0 || into == len(names) {
		return own, literal
	}
	found := s.inlined(pkg + "." + strings.Join(names[:into], "."))
	names = names[into:]
	for i := range names {
		if full := found[strings.Join(names[i:], ".")]; full != "" {
			return full, literal
		}
	}
	if there := s.packages[path.Dir(file)]; there != "" {
		pkg = there
	}
	last := names[len(names)-1]
	if i := len(names) - 2; i >= 0 && (strings.HasPrefix(names[i], "(") || s.types[pkg+"."+names[i]]) {
		last = names[i] + "." + last
	}
	return pkg + "." + last, literal
}

// inlined returns the functions that the compiler has put into another one, by their names without
// the package.
func (s *symbols) inlined(function string) map[string]string {
	if list, ok := s.into[function]; ok {
		return list
	}
	list := make(map[string]string)
	s.into[function] = list
	entry := s.entries[function]
	if entry == 0 {
		return list
	}
	for pc := entry; ; pc++ {
		f := runtime.FuncForPC(pc)
		if f == nil || f.Entry() != entry {
			return list
		}
		if name := f.Name(); name != function {
			_, names := splitName(name)
			list[strings.Join(names, ".")] = name
		}
	}
}
