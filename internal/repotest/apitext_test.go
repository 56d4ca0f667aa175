package repotest

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// exported returns the API of a package in the manner of the Go project's own api/*.txt: a line for
// each constant with its value, variable, function, type, field and method, without the names of
// parameters.
func exported(pkg *types.Package) []string {
	qualify := types.RelativeTo(pkg)
	text := func(t types.Type) string { return types.TypeString(unnamed(t), qualify) }
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }

	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Const:
			add("const %s %s = %s", name, text(obj.Type()), obj.Val().ExactString())
		case *types.Var:
			add("var %s %s", name, text(obj.Type()))
		case *types.Func:
			add("func %s%s", name, strings.TrimPrefix(text(obj.Type()), "func"))
		case *types.TypeName:
			switch under := obj.Type().Underlying().(type) {
			case *types.Struct:
				add("type %s struct", name)
				for field := range under.Fields() {
					switch {
					case field.Embedded():
						add("type %s struct, embedded %s", name, text(field.Type()))
					case field.Exported():
						add("type %s struct, %s %s", name, field.Name(), text(field.Type()))
					}
				}
			case *types.Interface:
				add("type %s interface", name)
				for method := range under.Methods() {
					add("type %s interface, %s%s", name, method.Name(), strings.TrimPrefix(text(method.Type()), "func"))
				}
			default:
				add("type %s %s", name, text(under))
			}
			for _, method := range methods(obj) {
				add("method (%s) %s%s", method.receiver, method.Name(), strings.TrimPrefix(text(method.Type()), "func"))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// A method is one of a type's method set, and the receiver that it takes.
type method struct {
	types.Object
	receiver string
}

// methods returns the exported methods of a type, with those that it has from a type of this
// package that it embeds.
func methods(obj *types.TypeName) (list []method) {
	if types.IsInterface(obj.Type()) {
		return nil
	}
	value := types.NewMethodSet(obj.Type())
	for selection := range types.NewMethodSet(types.NewPointer(obj.Type())).Methods() {
		m := method{selection.Obj(), "*" + obj.Name()}
		if !m.Exported() || m.Pkg() != obj.Pkg() {
			continue
		}
		if value.Lookup(obj.Pkg(), m.Name()) != nil {
			m.receiver = obj.Name()
		}
		list = append(list, m)
	}
	return list
}

// unnamed returns t with no name for any parameter or result in it: renaming one breaks no user.
func unnamed(t types.Type) types.Type {
	tuple := func(vars *types.Tuple) *types.Tuple {
		var list []*types.Var
		for v := range vars.Variables() {
			list = append(list, types.NewVar(v.Pos(), v.Pkg(), "", unnamed(v.Type())))
		}
		return types.NewTuple(list...)
	}
	switch t := t.(type) {
	case *types.Signature:
		if t.TypeParams().Len() > 0 {
			return t
		}
		return types.NewSignatureType(nil, nil, nil, tuple(t.Params()), tuple(t.Results()), t.Variadic())
	case *types.Pointer:
		return types.NewPointer(unnamed(t.Elem()))
	case *types.Slice:
		return types.NewSlice(unnamed(t.Elem()))
	case *types.Array:
		return types.NewArray(unnamed(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(unnamed(t.Key()), unnamed(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), unnamed(t.Elem()))
	}
	return t
}
