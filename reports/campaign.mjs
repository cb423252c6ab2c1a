// SPDX-License-Identifier: GPL-2.0-only
//
// Reads what a campaign left in a directory: findings with their reports, and figures over time from the logs of
// libFuzzer and AFL++. Everything read is untrusted: a crash file, a log or a report may hold any bytes.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";

const CRASH = /^(crash|timeout|oom|leak)-[0-9a-f]{8,}$/;
const MAX_POINTS = 2000;

function walk(dir, found = []) {
	for (const entry of readdirSync(dir, { withFileTypes: true })) {
		const path = join(dir, entry.name);
		if (entry.isDirectory()) walk(path, found);
		else if (entry.isFile()) found.push(path);
	}
	return found.sort();
}

function readText(path) {
	return readFileSync(path, "utf8");
}

/** The side of the campaign that a file belongs to, and its fuzzer: "seeded/libfuzzer". */
function seriesName(root, path, fuzzer) {
	const dirs = relative(root, dirname(path)).split(sep).filter((d) => d && d !== ".");
	const at = dirs.findIndex((d) => d === "libfuzzer" || d === "afl");
	const side = (at < 0 ? dirs : dirs.slice(0, at)).join("/");
	return side ? `${side} ${fuzzer}` : fuzzer;
}

/** At most MAX_POINTS points, the last one always among them. */
function thin(points) {
	if (points.length <= MAX_POINTS) return points;
	const step = points.length / MAX_POINTS;
	const kept = [];
	for (let i = 0; i < MAX_POINTS - 1; i++) kept.push(points[Math.floor(i * step)]);
	kept.push(points[points.length - 1]);
	return kept;
}

/**
 * libFuzzer's log as ci/campaign keeps it: "SECONDS #N NEW cov: C ft: F corp: K/..b ...", seconds since the campaign
 * began. Each run of libFuzzer counts from zero, so a smaller number than the last one starts a new run.
 */
export function parseLibFuzzer(text) {
	const points = [];
	let before = 0;
	let last = 0;
	for (const line of text.split("\n")) {
		const m = /^(\d+)\s+#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/.exec(line);
		if (!m) continue;
		const [seconds, n, cov, ft, corpus] = m.slice(1).map(Number);
		if (n < last) before += last;
		last = n;
		const previous = points[points.length - 1];
		const point = { seconds, executions: before + n, corpus, edges: cov, features: ft };
		if (previous && previous.seconds === seconds) points[points.length - 1] = point;
		else if (!previous || seconds > previous.seconds) points.push(point);
	}
	return thin(points);
}

/** AFL++'s plot_data; the columns are named in its first line. */
export function parseAfl(text) {
	const lines = text.split("\n").filter(Boolean);
	if (!lines.length || !lines[0].startsWith("#")) return [];
	const columns = lines[0].slice(1).split(",").map((c) => c.trim());
	const column = (names) => columns.findIndex((c) => names.includes(c));
	const at = {
		seconds: column(["relative_time", "unix_time"]),
		executions: column(["total_execs"]),
		corpus: column(["corpus_count", "paths_total"]),
		edges: column(["edges_found"]),
	};
	if (Object.values(at).some((i) => i < 0)) return [];
	const points = [];
	for (const line of lines.slice(1)) {
		const cells = line.split(",").map((c) => Number.parseFloat(c));
		const point = {};
		for (const [key, i] of Object.entries(at)) point[key] = cells[i];
		if (Object.values(point).every(Number.isFinite)) points.push(point);
	}
	return thin(points);
}

/** What a report of tdpfuzz says: title, command, and how long the interleaving is. */
export function parseReport(text) {
	const title = /^BUG: TDPFUZZ: (.*)$/m.exec(text);
	if (!title) return null;
	const command = /^Reproduce: (.*)$/m.exec(text);
	const schedule = /^In brackets: .*Schedule: (\d+) choices, (\d+) not 0, (\d+) preemptions/m.exec(text);
	return {
		title: title[1].trim(),
		command: command ? command[1].trim() : "",
		preemptions: schedule ? Number(schedule[3]) : Infinity,
		choices: schedule ? Number(schedule[1]) : Infinity,
		text: text.trim(),
	};
}

function shorter(a, b) {
	return a.preemptions - b.preemptions || a.choices - b.choices || a.text.length - b.text.length;
}

function readJson(path) {
	try {
		return JSON.parse(readText(path));
	} catch {
		return {};
	}
}

/** The machine that a side fuzzed, from the campaign.json nearest to the crash file. */
function machineOf(root, path) {
	for (let dir = dirname(path); dir.length >= root.length; dir = dirname(dir)) {
		const json = join(dir, "campaign.json");
		if (existsSync(json)) return readJson(json);
		if (dir === dirname(dir)) break;
	}
	return {};
}

/** Runs the crash file when nobody has saved its report. Exit code 2 is a violation, and prints the report. */
function makeReport(tdpfuzz, root, path) {
	const machine = machineOf(root, path);
	const args = ["run"];
	if (typeof machine.bug === "string" && machine.bug) args.push("--bug", machine.bug);
	for (const v of Array.isArray(machine.variants) ? machine.variants : []) args.push("--variant", String(v));
	try {
		return execFileSync(tdpfuzz, [...args, path], { encoding: "utf8", timeout: 30000, stdio: ["ignore", "pipe", "ignore"] });
	} catch (error) {
		return String(error.stdout ?? "");
	}
}

/** AFL++ names the files of its queue and of its crashes alike. */
function isCrash(path) {
	const name = basename(path);
	if (name.endsWith(".report.txt")) return false;
	return CRASH.test(name) || (/^id[:_]\d{6}/.test(name) && /^(crashes|hangs)/.test(basename(dirname(path))));
}

function readFindings(root, files, tdpfuzz) {
	const byTitle = new Map();
	for (const path of files) {
		if (!isCrash(path)) continue;
		const saved = `${path}.report.txt`;
		const text = existsSync(saved) ? readText(saved) : tdpfuzz ? makeReport(tdpfuzz, root, path) : "";
		const report = parseReport(text) ?? {
			title: `(no report) ${basename(path).split("-")[0]}`,
			command: `tdpfuzz run ${relative(root, path)}`,
			preemptions: Infinity,
			choices: Infinity,
			text: text.trim() || "The file was not replayed, or its replay found nothing.",
		};
		report.file = relative(root, path);
		report.time = statSync(path).mtimeMs;
		report.side = seriesName(root, path, "").trim();
		const finding = byTitle.get(report.title) ?? { title: report.title, count: 0, sides: new Set(), first: Infinity };
		finding.count++;
		finding.sides.add(report.side);
		finding.first = Math.min(finding.first, report.time);
		if (!finding.shortest || shorter(report, finding.shortest) < 0) finding.shortest = report;
		byTitle.set(report.title, finding);
	}
	return [...byTitle.values()].sort((a, b) => b.count - a.count || (a.title < b.title ? -1 : 1));
}

function readSeries(root, files) {
	const series = [];
	for (const path of files) {
		const name = basename(path);
		let points = [];
		let fuzzer;
		if (name === "plot_data") {
			fuzzer = "AFL++";
			points = parseAfl(readText(path));
		} else if (/^fuzz.*\.log$/.test(name)) {
			fuzzer = "libFuzzer";
			points = parseLibFuzzer(readText(path));
		}
		if (points.length) series.push({ name: seriesName(root, path, fuzzer), points });
	}
	return series;
}

/** Everything that the page shows of @root. @tdpfuzz: program that replays crash files without a report, or null. */
export function readCampaign(root, tdpfuzz) {
	const files = walk(root);
	const sides = files
		.filter((f) => basename(f) === "campaign.json")
		.map((f) => ({ name: relative(root, dirname(f)) || basename(root), ...readJson(f) }));
	return { sides, findings: readFindings(root, files, tdpfuzz), series: readSeries(root, files) };
}
