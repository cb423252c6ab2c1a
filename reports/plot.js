// SPDX-License-Identifier: GPL-2.0-only
// Runs in the page: draws the three plots from the embedded series.
(function () {
	"use strict";
	const series = JSON.parse(document.getElementById("series").textContent);
	const plots = document.getElementById("plots");
	const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8860b"];
	const dark = matchMedia("(prefers-color-scheme: dark)").matches;
	const ink = dark ? "#c9d1d9" : "#333333";
	const grid = { stroke: dark ? "#30363d" : "#e3e3e3", width: 1 };
	const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

	// One common time axis; a series without a value at that second is joined across the gap.
	function align(key) {
		const tables = series.map((s) => [s.points.map((p) => p.seconds), s.points.map((p) => p[key])]);
		return uPlot.join(tables);
	}

	function draw(title, key) {
		const box = document.createElement("figure");
		plots.append(box);
		const options = {
			title,
			width: box.clientWidth || 600,
			height: 260,
			scales: { x: { time: false }, y: { range: (u, min, max) => [0, Math.max(1, max * 1.05)] } },
			axes: [
				{ stroke: ink, grid, label: "seconds", values: (u, v) => v.map((x) => short.format(x)) },
				{ stroke: ink, grid, size: 56, values: (u, v) => v.map((x) => short.format(x)) },
			],
			series: [{ label: "seconds" }].concat(
				series.map((s, i) => ({
					label: s.name,
					stroke: colours[i % colours.length],
					dash: i >= colours.length ? [6, 4] : [],
					width: 2,
					spanGaps: true,
					points: { show: s.points.length < 3 },
					value: (u, v) => (v == null ? "-" : v.toLocaleString("en-US")),
				})),
			),
		};
		const plot = new uPlot(options, align(key), box);
		addEventListener("resize", () => plot.setSize({ width: box.clientWidth, height: 260 }));
	}

	if (series.length) {
		draw("Executions", "executions");
		draw("Corpus (inputs)", "corpus");
		draw("Coverage (edges)", "edges");
	}
})();
