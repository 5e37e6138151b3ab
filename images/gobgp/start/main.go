// Command gobgp-start removes the API socket that a killed gobgpd left, then becomes gobgpd.
//
// gobgpd does not remove a socket file it finds, fails to listen on it, and runs on without an API that could ever be
// reached; and the socket's folder outlives the container. The arguments are gobgpd's own.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

const engine = "/usr/local/bin/gobgpd"

func main() {
	for _, argument := range os.Args[1:] {
		socket, found := strings.CutPrefix(argument, "--api-hosts=unix://")
		if !found {
			continue
		}
		if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(os.Stderr, "gobgp-start: cannot remove the old socket: %v\n", err)
			os.Exit(1)
		}
	}
	err := syscall.Exec(engine, append([]string{"gobgpd"}, os.Args[1:]...), os.Environ())
	fmt.Fprintf(os.Stderr, "gobgp-start: cannot run %s: %v\n", engine, err)
	os.Exit(1)
}
