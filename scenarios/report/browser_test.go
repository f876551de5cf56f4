package report

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bt/scenarios"
)

var update = flag.Bool("update", false, "make the screenshot of the README anew")

// browse opens a page in a browser without a window and without a network, and
// returns what it prints. It skips the test where there is no browser.
func browse(t *testing.T, html string, args ...string) (dom, console string) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("the page was not looked at: there is no Chromium (apt-get install chromium)")
	}
	dir, err := os.MkdirTemp("", "report-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) // not t.TempDir: the browser may still tidy up
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--enable-logging=stderr", "--virtual-time-budget=5000",
		"--window-size=1280,900",
	}, append(args, "file://"+file)...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, &errs)
	}
	for line := range strings.Lines(errs.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return out.String(), console
}

// TestPageInBrowser: the page of fifty nodes shows its lanes, its log and its
// failure, and its script runs to the end.
func TestPageInBrowser(t *testing.T) {
	html, _ := makePage(t, failing(), 1)
	dom, console := browse(t, html, "--dump-dom")
	if console != "" {
		t.Errorf("the console says\n%s", console)
	}
	for what, check := range map[string]struct {
		pattern string
		least   int
	}{
		"the end of the script": {`<body[^>]* data-ready="yes"`, 1},
		"lanes":                 {`<div class="lane" data-node="`, 52},
		"canvases with a size":  {`<canvas width="[1-9]\d{2,}" height="[1-9]\d+"`, 20},
		"rows of the log":       {`<tr[^>]* data-row="\d+"`, 300},
		"the failure":           {`<span class="rule">expectation complete</span>|<span class="rule">[^<]*complete`, 1},
		"what led to it":        {`<div class="step`, 2},
		"the verdict":           {`id="verdict" class="fail">FAIL`, 1},
		"the command":           {`<code id="replay">btsim run fifty</code>`, 1},
	} {
		if n := len(regexp.MustCompile(check.pattern).FindAllString(dom, -1)); n < check.least {
			t.Errorf("%s: %d, want at least %d", what, n, check.least)
		}
	}
}

// TestPageAtWork has the page do what a user can make it do: unfold, zoom, filter
// and follow causes.
func TestPageAtWork(t *testing.T) {
	html, _ := makePage(t, failing(), 1)
	const work = `<script>
	const tell = (k, v) => document.body.setAttribute("data-" + k, v);
	const by = (id) => document.getElementById(id);
	const change = (id, v) => { by(id).value = v; by(id).dispatchEvent(new Event("input", { bubbles: true })); };
	const all = by("count").textContent;
	change("kind", "group requests and blocks");
	tell("filtered", by("count").textContent !== all && [...by("rows").children].every((r) => /request|piece|cancel|reject/.test(r.children[3].textContent)));
	change("piece", "3");
	tell("piece", [...by("rows").children].every((r) => r.children[4].textContent.startsWith("3:")));
	// Blocks may be asked for while choked, by allowed fast: one of these was not.
	tell("causes", [...by("rows").children].filter((r) => r.children[3].textContent === "piece").some((r) => {
		r.click();
		return /interested.*unchoke.*request.*piece/.test([...by("detail").querySelectorAll(".step")].map((d) => d.textContent).join(" "));
	}));
	by("unfold").click();
	by("in").click();
	by("theme").click();
	tell("unfolded", document.querySelectorAll(".label .sub").length > 100);
	tell("zoomed", by("window").textContent);
	document.querySelector("#faults button").click();
	</script></body>`
	dom, console := browse(t, strings.Replace(html, "</body>", work, 1), "--dump-dom")
	if console != "" {
		t.Errorf("the console says\n%s", console)
	}
	for _, want := range []string{`data-filtered="true"`, `data-piece="true"`, `data-causes="true"`, `data-unfolded="true"`} {
		if !strings.Contains(dom, want) {
			t.Errorf("%s is not so: %s", want, regexp.MustCompile(`<body[^>]*>`).FindString(dom))
		}
	}
}

// TestBrowserTells: an error in a page is noticed, so that none means there is none.
func TestBrowserTells(t *testing.T) {
	html, _ := makePage(t, find(t, "one-piece"), 1)
	_, console := browse(t, strings.Replace(html, "</body>", "<script>nothing.there()</script></body>", 1), "--dump-dom")
	if !strings.Contains(console, "nothing is not defined") {
		t.Errorf("the console says %q", console)
	}
}

// TestScreenshot makes the picture of the README with -update; else it looks
// whether it is there.
func TestScreenshot(t *testing.T) {
	const picture, most = "../testdata/report.png", 200 << 10
	if *update {
		html, _ := makePage(t, pictured(), 1)
		path, err := filepath.Abs(picture)
		if err != nil {
			t.Fatal(err)
		}
		browse(t, html, "--screenshot="+path)
	}
	image, err := os.ReadFile(picture)
	if err != nil || !bytes.HasPrefix(image, []byte("\x89PNG")) || len(image) > most {
		t.Errorf("%s: %d bytes, want a PNG of %d at most; %v", picture, len(image), most, err)
	}
}

// pictured has few nodes, to whom something is done, and one of whom is late.
func pictured() scenarios.Scenario {
	return scenarios.Scenario{
		Name: "late", About: "Two leeches are cut off from the seed for a while; one of them pauses, and is late.",
		Torrent: scenarios.Torrent{Piece: 64 * scenarios.KiB, Size: 6 * scenarios.MiB},
		Actors: []scenarios.Actor{
			{Name: "seed", Kind: scenarios.Seed},
			{Name: "leech", Kind: scenarios.Leech, Count: 3},
		},
		Actions: []scenarios.Action{
			{At: 4 * scenarios.Second, Do: scenarios.DoPartition, Who: []string{"leech-2", "leech-3"}, With: []string{"seed"}, For: 6 * scenarios.Second},
			{At: 13 * scenarios.Second, Do: scenarios.DoPause, Who: []string{"leech-3"}, For: 4 * scenarios.Second},
		},
		Expect: []scenarios.Expectation{
			{Check: "complete"},
			{Check: "complete", Who: []string{"leech-3"}, Within: 18 * scenarios.Second},
		},
	}
}
