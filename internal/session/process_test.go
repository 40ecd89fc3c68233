package session

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// These tests start this test binary again, as real processes with one folder.

const helperEnv = "BUNQ_SESSION_TEST_HELPER"

func TestMain(m *testing.M) {
	if text := os.Getenv(helperEnv); text != "" {
		if err := help(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// task is what a helper process is to do.
type task struct {
	Folder   string // the cache; beside it, the counter of the openings
	Counter  string
	APIKey   string
	Key      string // PEM
	Interval time.Duration
	Latency  time.Duration
	Dead     string // a token that bunq has refused; "": none
	Die      bool   // in the middle of the opening
}

// counting is a bank of which all processes see the same books: a line with the
// time for each opening.
type counting struct{ task }

func (c counting) OpenSession(_ context.Context, _ bunq.APIContext) (*bunq.Session, error) {
	now := time.Now()
	file, err := os.OpenFile(c.Counter, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintln(file, now.UnixNano()); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	if c.Die {
		os.Exit(3)
	}
	time.Sleep(c.Latency)
	return &bunq.Session{
		ID:      now.UnixNano(),
		Token:   bunq.Secret(fmt.Sprintf("token of %d", os.Getpid())),
		Created: now.UTC(),
		Timeout: 90 * time.Hour,
	}, nil
}

// help does a task and prints the token.
func help(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	key, err := signing.ParsePrivateKey(t.Key)
	if err != nil {
		return err
	}
	ac := testContextOf(bunq.Secret(t.APIKey), key)
	s := newBroker(counting{t}, Options{CacheDir: t.Folder, BaseURL: testURL, OpenInterval: t.Interval}).For(ac)
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	session, err := s.Session(context.Background())
	if err == nil && session.Token == bunq.Secret(t.Dead) { // else others have replaced it already
		session, err = s.Replace(context.Background(), session)
	}
	if err != nil {
		return err
	}
	fmt.Println(session.Token.Reveal())
	return nil
}

// together runs one process for each task, all let go at the same moment, and
// gives what each printed; "" for one that failed.
func together(t *testing.T, tasks []task) []string {
	t.Helper()
	pem, err := signing.MarshalPrivateKey(firstKey())
	must(t, err)
	printed := make([]string, len(tasks))
	var ready, finished sync.WaitGroup
	start := make(chan struct{})
	for i, task := range tasks {
		task.Key = pem
		text, err := json.Marshal(task)
		must(t, err)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), helperEnv+"="+string(text))
		in, err := cmd.StdinPipe()
		must(t, err)
		out, err := cmd.StdoutPipe()
		must(t, err)
		cmd.Stderr = os.Stderr
		must(t, cmd.Start())
		ready.Add(1)
		finished.Go(func() {
			lines := bufio.NewScanner(out)
			lines.Scan()
			ready.Done()
			<-start
			if _, err := fmt.Fprintln(in); err != nil {
				t.Error(err)
			}
			if lines.Scan() {
				printed[i] = lines.Text()
			}
			if err := cmd.Wait(); err != nil && !task.Die {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	ready.Wait()
	close(start)
	finished.Wait()
	return printed
}

// openings reads the books, in the order of time.
func openings(t *testing.T, counter string) []time.Time {
	t.Helper()
	var all []time.Time
	for line := range strings.Lines(string(mustRead(t, counter))) {
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		must(t, err)
		all = append(all, time.Unix(0, n))
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

func newTask(t *testing.T) task {
	t.Helper()
	dir := t.TempDir()
	return task{
		Folder:   filepath.Join(dir, "cache"),
		Counter:  filepath.Join(dir, "counter"),
		APIKey:   testKey,
		Interval: time.Millisecond,
		Latency:  200 * time.Millisecond,
	}
}

func TestProcesses_startedTogetherOpenOneSession(t *testing.T) {
	common := newTask(t)
	tokens := together(t, slices.Repeat([]task{common}, 8))
	if n := len(openings(t, common.Counter)); n != 1 {
		t.Errorf("%d sessions were opened", n)
	}
	if tokens[0] == "" || len(slices.Compact(tokens)) != 1 {
		t.Errorf("the processes got %q", tokens)
	}
}

func TestProcesses_thatFindTheSessionDeadOpenOneInItsPlace(t *testing.T) {
	common := newTask(t)
	dead := together(t, []task{common})[0]
	common.Dead = dead
	tokens := together(t, slices.Repeat([]task{common}, 8))
	if tokens[0] == dead {
		t.Errorf("the dead session came back")
	}
	if tokens[0] == "" || len(slices.Compact(tokens)) != 1 {
		t.Errorf("the processes got %q", tokens)
	}
	if n := len(openings(t, common.Counter)); n != 2 {
		t.Errorf("%d sessions were opened", n)
	}
}

func TestProcesses_ofDifferentContextsKeepTheInterval(t *testing.T) {
	common := newTask(t)
	common.Interval, common.Latency = 300*time.Millisecond, 50*time.Millisecond
	tasks := slices.Repeat([]task{common}, 5)
	for i, ac := range contexts(len(tasks)) {
		tasks[i].APIKey = ac.APIKey.Reveal()
	}
	together(t, tasks)
	all := openings(t, common.Counter)
	if len(all) != len(tasks) {
		t.Fatalf("%d sessions were opened, want %d", len(all), len(tasks))
	}
	for i := 1; i < len(all); i++ {
		if d := all[i].Sub(all[i-1]); d < common.Interval+common.Latency {
			t.Errorf("openings %d and %d are %v apart; one may come %v after the answer to the one before", i-1, i, d, common.Interval)
		}
	}
}

func TestProcesses_oneThatDiesLeavesNoLockAndCounts(t *testing.T) {
	common := newTask(t)
	common.Interval = time.Second
	dying := common
	dying.Die = true
	together(t, []task{dying})
	if tokens := together(t, []task{common}); tokens[0] == "" {
		t.Error("no session after a process has died")
	}
	all := openings(t, common.Counter)
	if len(all) != 2 {
		t.Fatalf("%d openings, want 2", len(all))
	}
	if d := all[1].Sub(all[0]); d < common.Interval/2 { // the time was written a moment before the first
		t.Errorf("the openings are %v apart", d)
	}
}
