// Command gobgp-start keeps gobgpd running: it starts it again at once when it ends by itself.
//
// Kubernetes would do so too, but only after a wait that grows with each crash, and paths are gone meanwhile. Before
// each start it removes the API socket that a killed gobgpd left: gobgpd does not, fails to listen on it, and runs on
// without an API that could ever be reached; and the socket's folder outlives the container. The arguments are gobgpd's
// own. A gobgpd that does not live for a few seconds, time after time, is left to Kubernetes.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	engine      = "/usr/local/bin/gobgpd"
	shortLife   = 5 * time.Second
	shortLives  = 5
	betweenRuns = 100 * time.Millisecond
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	for short := 0; short < shortLives; {
		begun := time.Now()
		code, isAsked := run(signals)
		if isAsked {
			os.Exit(code)
		}
		if short++; time.Since(begun) >= shortLife {
			short = 0
		}
		fmt.Fprintf(os.Stderr, "gobgp-start: gobgpd ended by itself (exit code %d) and is started again\n", code)
		time.Sleep(betweenRuns)
	}
	fmt.Fprintln(os.Stderr, "gobgp-start: gobgpd does not stay up")
	os.Exit(1)
}

// run runs gobgpd once; it returns its exit code (-1: a signal ended it), and whether it was asked to end.
func run(signals <-chan os.Signal) (int, bool) {
	removeSocket()
	gobgpd := exec.Command(engine, os.Args[1:]...)
	gobgpd.Stdout, gobgpd.Stderr = os.Stdout, os.Stderr
	if err := gobgpd.Start(); err != nil {
		fail("cannot run %s: %v", engine, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = gobgpd.Wait() // the exit code says all there is
		close(ended)
	}()
	isAsked := false
	for {
		select {
		case received := <-signals:
			isAsked = true
			_ = gobgpd.Process.Signal(received) // it may have ended already
		case <-ended:
			return gobgpd.ProcessState.ExitCode(), isAsked
		}
	}
}

func removeSocket() {
	for _, argument := range os.Args[1:] {
		socket, found := strings.CutPrefix(argument, "--api-hosts=unix://")
		if !found {
			continue
		}
		if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
			fail("cannot remove the old socket: %v", err)
		}
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "gobgp-start: "+format+"\n", values...)
	os.Exit(1)
}
