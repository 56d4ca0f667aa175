// The cobra row: cobra has the command line, and the methods of svcx.Service are its commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	kit.Client(kit.HTTP).RunIfAsked()
	flags := flag.NewFlagSet("cobra", flag.ContinueOnError)
	service := kit.New("cobra", flags, serve)
	root := &cobra.Command{Use: service.Name, Short: service.Description, SilenceUsage: true}
	root.PersistentFlags().AddGoFlagSet(flags)
	add := func(name, short string, run func(context.Context) error) {
		root.AddCommand(&cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
			service.Args = []string{"run"} // with what this command was given: for install
			c.Flags().Visit(func(f *pflag.Flag) { service.Args = append(service.Args, fmt.Sprintf("--%s=%s", f.Name, f.Value)) })
			return run(c.Context())
		}})
	}
	add("run", "Run the service on this console, or for a service manager", service.Run)
	add("install", "Register the service with the flags of this command", service.Install)
	add("uninstall", "Remove the service", service.Uninstall)
	add("start", "Start the service and wait until it is ready", service.Start)
	add("stop", "Stop the service and wait until it has stopped", service.Stop)
	os.Exit(svcx.ExitCode(root.ExecuteContext(context.Background())))
}

func serve(ctx context.Context, s *kit.Service) error {
	return s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.Work()) }))
}
