// SPDX-License-Identifier: GPL-2.0-only
// node --test. TDPFUZZ_SCREENSHOT=FILE keeps the picture of the page.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";
import { parseAfl, parseLibFuzzer, parseReport } from "./campaign.mjs";
import { embedJson, escapeHtml } from "./page.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const generator = join(here, "build-report.mjs");
const chromium = "/usr/bin/chromium";
const HOSTILE = `PAGE-01 <img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script> \u202e"'&`;

const LOG = `0 INFO: Running with entropic power schedule
0 #2\tINITED cov: 100 ft: 150 corp: 1/1b exec/s: 0 rss: 40Mb
3 #1000\tNEW    cov: 120 ft: 200 corp: 12/90b lim: 4 exec/s: 333 rss: 41Mb L: 9/9 MS: 1 Custom-
9 #4096\tpulse  cov: 130 ft: 220 corp: 20/190b lim: 4 exec/s: 400 rss: 41Mb
9 ==1== ERROR: libFuzzer: deadly signal
11 #2\tINITED cov: 131 ft: 230 corp: 22/200b exec/s: 0 rss: 40Mb
14 #1024\tpulse  cov: 140 ft: 240 corp: 25/300b exec/s: 341 rss: 41Mb
`;

const PLOT = `# relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, saved_hangs, max_depth, execs_per_sec, total_execs, edges_found
0, 0, 0, 2, 2, 1, 1.20%, 0, 0, 1, 900.00, 500, 90
5, 0, 1, 9, 8, 1, 1.60%, 1, 0, 2, 910.00, 5050, 120
10, 0, 1, 15, 12, 1, 1.90%, 1, 0, 3, 905.00, 9900, 131
`;

function report(title, preemptions, choices, marker = "") {
	return `==================================================================
BUG: TDPFUZZ: ${title}

Build: 0123 clang release

  vcpu0            ioctl
${marker}
5 of 90 steps. Switches: as above
In brackets: locks held after the step. Schedule: ${choices} choices, ${preemptions} not 0, ${preemptions} preemptions.

Reproduce: tdpfuzz run --bug x crash
==================================================================
`;
}

function fixture() {
	const root = mkdtempSync(join(tmpdir(), "tdpfuzz-report-"));
	const put = (path, text) => {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	};
	put("clean/campaign.json", JSON.stringify({ bug: "", variants: [], commit: "abc" }));
	/* Another curve, or the second line would lie on the first. */
	put("clean/libfuzzer/fuzz.log", LOG.replaceAll("pulse  cov: 1", "pulse  cov: 2").replaceAll("corp: 2", "corp: 4").replaceAll("#1024", "#9999"));
	put("seeded/campaign.json", JSON.stringify({ bug: "remove-before-track", variants: ["huge=rfc-v1"], commit: "abc" }));
	put("seeded/libfuzzer/fuzz.log", LOG);
	put("seeded/libfuzzer/crash-00000000aa", "x");
	put("seeded/libfuzzer/crash-00000000aa.report.txt", report("SEAM-02 page removed before track: a / b", 3, 40, "LONG ONE"));
	put("seeded/libfuzzer/crash-00000000bb", "x");
	put("seeded/libfuzzer/crash-00000000bb.report.txt", report("SEAM-02 page removed before track: a / b", 1, 40, "SHORT ONE"));
	put("seeded/afl/default/plot_data", PLOT);
	put("seeded/afl/default/queue/id:000000,orig:seed", "not a finding");
	put("seeded/afl/default/crashes/id:000000,sig:06,src:000001", "x");
	put("seeded/afl/default/crashes/id:000000,sig:06,src:000001.report.txt", report(HOSTILE, 2, 10));
	return root;
}

function build(root) {
	execFileSync(process.execPath, [generator, root], { stdio: "pipe" });
	return readFileSync(join(root, "index.html"), "utf8");
}

test("libFuzzer's log: runs are added up", () => {
	const points = parseLibFuzzer(LOG);
	assert.deepEqual(points.map((p) => [p.seconds, p.executions]), [[0, 2], [3, 1000], [9, 4096], [11, 4098], [14, 5120]]);
	assert.deepEqual(points[4], { seconds: 14, executions: 5120, corpus: 25, edges: 140, features: 240 });
});

test("AFL++'s plot_data: columns by name, broken lines left out", () => {
	const points = parseAfl(`${PLOT}15, 0, garb`);
	assert.equal(points.length, 3);
	assert.deepEqual(points[2], { seconds: 10, executions: 9900, corpus: 15, edges: 131 });
	assert.deepEqual(parseAfl("no header\n1,2"), []);
});

test("a report without a title is none", () => {
	assert.equal(parseReport("Segmentation fault"), null);
	assert.equal(parseReport(report("T", 1, 2)).command, "tdpfuzz run --bug x crash");
});

test("text is escaped", () => {
	assert.equal(escapeHtml(`<a b="c">&'`), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
	assert.equal(escapeHtml("\x1b[31m\u202e"), "\\u{1b}[31m\\u{202e}");
	assert.doesNotMatch(embedJson("</script><!--"), /[<>]/);
	assert.equal(JSON.parse(embedJson("</script>\u2028")), "</script>\u2028");
});

test("findings by title, with the shortest interleaving", (t) => {
	const root = fixture();
	t.after(() => rmSync(root, { recursive: true }));
	const html = build(root);
	assert.match(html, /<b>2<\/b> titles in <b>3<\/b>/);
	assert.match(html, /SHORT ONE/);
	assert.doesNotMatch(html, /LONG ONE/);
	assert.doesNotMatch(html, /<img src=x/);
	assert.doesNotMatch(html, /(src|href)="?https?:/);
	assert.match(html, /seeded bug <code>remove-before-track<\/code>, variants <code>huge=rfc-v1<\/code>/);
});

test("an empty directory gives a page that says so", (t) => {
	const root = mkdtempSync(join(tmpdir(), "tdpfuzz-report-"));
	t.after(() => rmSync(root, { recursive: true }));
	assert.match(build(root), /No finding\./);
});

test("bad arguments: one line, exit 1, nothing written", () => {
	for (const args of [[], ["/nonexistent"], ["--nonsense", "."], ["a", "b"]]) {
		const run = spawnSync(process.execPath, [generator, ...args], { encoding: "utf8" });
		assert.equal(run.status, 1);
		assert.equal(run.stderr.trim().split("\n").length, 1);
		assert.equal(run.stdout, "");
	}
});

test("in a browser: plots are drawn, titles are shown, nothing hostile runs", {
	skip: existsSync(chromium) ? false : "no chromium", timeout: 60000,
}, async (t) => {
	const root = fixture();
	build(root);
	const browser = new Browser(chromium);
	t.after(async () => {
		await browser.close();
		rmSync(root, { recursive: true });
	});
	const page = await browser.open(pathToFileURL(join(root, "index.html")).href);
	const drawn = await page.evaluate(`[...document.querySelectorAll("#plots canvas")].map((c) => {
		const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		const colours = new Set();
		for (let i = 0; i < pixels.length; i += 4)
			if (pixels[i + 3] > 200) colours.add(pixels[i] + "," + pixels[i + 1] + "," + pixels[i + 2]);
		return ["0,114,178", "213,94,0", "0,158,115"].map((c) => colours.has(c));
	})`);
	assert.deepEqual(drawn, Array(3).fill([true, true, true]), "three plots, each with all three lines");
	const titles = await page.evaluate(`[...document.querySelectorAll(".finding h3")].map((h) => h.textContent)`);
	assert.equal(titles.length, 2);
	assert.ok(titles.includes("SEAM-02 page removed before track: a / b"));
	assert.ok(titles.some((title) => title.includes("<img src=x onerror=")));
	assert.match(await page.evaluate("document.title"), /^tdpfuzz: /);
	assert.deepEqual(page.errors, []);
	if (process.env.TDPFUZZ_SCREENSHOT) writeFileSync(process.env.TDPFUZZ_SCREENSHOT, await page.screenshot());
});
