#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readCampaign } from "./campaign.mjs";
import { renderPage } from "./page.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const USAGE = `usage: node reports/build-report.mjs [--tdpfuzz PROGRAM] DIR
Writes DIR/index.html: the findings and the progress of the campaign in DIR.
  --tdpfuzz PROGRAM  replays crash files that have no saved report (default: build/release/tdpfuzz if it is there)
`;

function fail(message) {
	process.stderr.write(`build-report: ${message}\n`);
	process.exit(1);
}

function parseArguments(args) {
	const options = { dir: null, tdpfuzz: join(here, "../build/release/tdpfuzz") };
	for (let i = 0; i < args.length; i++) {
		if (args[i] === "--help") {
			process.stdout.write(USAGE);
			process.exit(0);
		} else if (args[i] === "--tdpfuzz") {
			options.tdpfuzz = args[++i] ?? fail("--tdpfuzz needs a program");
			if (!existsSync(options.tdpfuzz)) fail(`${options.tdpfuzz}: no such program`);
		} else if (args[i].startsWith("-")) {
			fail(`unknown option '${args[i]}'`);
		} else if (options.dir !== null) {
			fail(`one directory only, and '${args[i]}' is a second one`);
		} else {
			options.dir = args[i];
		}
	}
	if (options.dir === null) fail("no directory given; --help says more");
	if (!existsSync(options.dir) || !statSync(options.dir).isDirectory()) fail(`${options.dir}: no such directory`);
	if (!existsSync(options.tdpfuzz)) options.tdpfuzz = null;
	return options;
}

function readAssets() {
	const uplot = join(here, "node_modules/uplot");
	if (!existsSync(uplot)) fail("uplot is not installed: run 'npm ci' in reports/");
	const read = (path) => readFileSync(path, "utf8");
	return {
		uplot: read(join(uplot, "dist/uPlot.iife.min.js")),
		uplotCss: read(join(uplot, "dist/uPlot.min.css")),
		uplotLicense: read(join(uplot, "LICENSE")),
		plot: read(join(here, "plot.js")),
		style: read(join(here, "style.css")),
	};
}

const options = parseArguments(process.argv.slice(2));
const dir = resolve(options.dir);
const page = renderPage(basename(dir), readCampaign(dir, options.tdpfuzz), readAssets());
const out = join(dir, "index.html");
writeFileSync(`${out}.new`, page);
renameSync(`${out}.new`, out);
process.stdout.write(`${out}\n`);
