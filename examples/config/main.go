// Config prints the configuration of an imaginary service. With -explain it prints the places that
// were searched and the results:
//
//	go run ./examples/config -explain
//	go run ./examples/config -config orders.json
//	ORDERS_CONFIG=/etc/orders.json go run ./examples/config
//
// It exits with 1 if there is no usable configuration.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/surefoot-go/surefoot/pathx"
)

func main() {
	finder := pathx.Finder{App: "orders", Names: []string{"orders.json", "orders.yaml"}, EnvVar: "ORDERS_CONFIG"}
	flag.StringVar(&finder.Flag, "config", "", "the configuration `file`, instead of looking for one")
	flag.BoolVar(&finder.WorkDir, "workdir", false, "look into the working directory too")
	explain := flag.Bool("explain", false, "show every place and what is there")
	flag.Parse()

	var err error
	if *explain {
		err = printTable(os.Stdout, finder.Explain())
	} else {
		err = printConfig(os.Stdout, finder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// printTable shows the walk; the last column says what to do.
func printTable(w io.Writer, walk []pathx.Attempt) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tPLACE\tSTATUS\tHINT")
	for _, a := range walk {
		status := a.Status()
		if detail := a.Detail(); detail != "" {
			status += ": " + detail
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", a.Source, a.Path, status, a.Hint)
	}
	return t.Flush()
}

func printConfig(w io.Writer, finder pathx.Finder) error {
	f, err := finder.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(w, "# %s (%s)\n", f.Path, f.Source)
	_, err = io.Copy(w, pathx.NewTextReader(f))
	return err
}
