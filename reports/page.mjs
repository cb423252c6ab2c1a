// SPDX-License-Identifier: GPL-2.0-only
//
// The page: one file that works from file:// without a network. What it shows was written by fuzzed programs, so all
// text is escaped, and a policy lets only the scripts of this generator run.
import { createHash } from "node:crypto";

/** Escaped for HTML; control characters and those that reorder text become visible. */
export function escapeHtml(text) {
	return String(text)
		.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (c) =>
			`\\u{${c.codePointAt(0).toString(16)}}`)
		.replace(/&/g, "&amp;")
		.replace(/</g, "&lt;")
		.replace(/>/g, "&gt;")
		.replace(/"/g, "&quot;")
		.replace(/'/g, "&#39;");
}

/** JSON that cannot end the script element that holds it. */
export function embedJson(value) {
	return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const number = (n) => Number(n).toLocaleString("en-US");
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function summaryRows(series) {
	return series
		.map(({ name, points }) => {
			const last = points[points.length - 1];
			const seconds = Math.max(last.seconds, 1);
			return `<tr><th scope="row">${escapeHtml(name)}</th><td>${number(last.executions)}</td>` +
				`<td>${number(Math.round(last.executions / seconds))}</td><td>${number(last.corpus)}</td>` +
				`<td>${number(last.edges)}</td><td>${number(last.seconds)}</td></tr>`;
		})
		.join("\n");
}

function summary(series) {
	if (!series.length) return `<p class="empty">No log of a fuzzer was found.</p>`;
	return `<div class="scroll"><table><thead><tr><th scope="col">Fuzzer</th><th scope="col">Executions</th>` +
		`<th scope="col">a second</th><th scope="col">Corpus</th><th scope="col">Edges</th>` +
		`<th scope="col">Seconds</th></tr></thead><tbody>\n${summaryRows(series)}\n</tbody></table></div>`;
}

function finding(f, index) {
	const s = f.shortest;
	const when = Number.isFinite(f.first) ? new Date(f.first).toISOString().replace("T", " ").slice(0, 19) : "";
	return `<article class="finding" id="finding-${index + 1}">
<h3>${escapeHtml(f.title)}</h3>
<p class="facts">${number(f.count)} ${f.count === 1 ? "file" : "files"} &middot; ${escapeHtml([...f.sides].join(", "))}
&middot; first ${when} UTC &middot; shortest: <code>${escapeHtml(s.file)}</code></p>
<p class="command"><span>Replay</span> <code>${escapeHtml(s.command)}</code></p>
<details${index < 3 ? " open" : ""}><summary>Shortest interleaving</summary><pre>${escapeHtml(s.text)}</pre></details>
</article>`;
}

function findings(list) {
	if (!list.length) return `<p class="empty">No finding.</p>`;
	return list.map(finding).join("\n");
}

function machine(side) {
	const bug = side.bug ? `seeded bug <code>${escapeHtml(side.bug)}</code>` : "clean model";
	const variants = Array.isArray(side.variants) && side.variants.length
		? `, variants <code>${escapeHtml(side.variants.join(" "))}</code>` : "";
	const commit = side.commit ? `, commit <code>${escapeHtml(side.commit)}</code>` : "";
	return `<li><b>${escapeHtml(side.name)}</b>: ${bug}${variants}${commit}</li>`;
}

/** @assets: {uplot, uplotCss, uplotLicense, plot, style}: texts of the files that go into the page. */
export function renderPage(name, campaign, assets) {
	// The licence asks to travel with the code; the comment must not be ended by it.
	const library = `/*\n${assets.uplotLicense.replace(/\*\//g, "* /")}\n*/\n${assets.uplot}`.replace(/<\/script/gi, "<\\/script");
	const plot = assets.plot;
	const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hash(library)} ${hash(plot)}`;
	const total = campaign.findings.reduce((sum, f) => sum + f.count, 0);
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tdpfuzz: ${escapeHtml(name)}</title>
<style>${assets.uplotCss}</style>
<style>${assets.style}</style>
</head>
<body>
<header>
<h1>tdpfuzz campaign <span>${escapeHtml(name)}</span></h1>
<p><b>${campaign.findings.length}</b> ${campaign.findings.length === 1 ? "title" : "titles"} in <b>${number(total)}</b>
crash ${total === 1 ? "file" : "files"}</p>
<ul class="sides">${campaign.sides.map(machine).join("\n")}</ul>
</header>
<main>
<section><h2>Findings</h2>
${findings(campaign.findings)}
</section>
<section><h2>Fuzzers</h2>
${summary(campaign.series)}
<div id="plots"></div>
</section>
</main>
<script type="application/json" id="series">${embedJson(campaign.series)}</script>
<script>${library}</script>
<script>${plot}</script>
</body>
</html>
`;
}
