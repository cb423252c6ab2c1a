// SPDX-License-Identifier: GPL-2.0-only
// Headless Chromium over its debugging pipe: as much as a test of one page needs.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
	"--window-size=1200,1600",
];

export class Browser {
	#child;
	#profile = mkdtempSync(join(tmpdir(), "tdpfuzz-chromium-"));
	#waiting = new Map();
	#listeners = [];
	#next = 1;
	#rest = "";

	constructor(program) {
		this.#child = spawn(program, [...FLAGS, `--user-data-dir=${this.#profile}`, "about:blank"], {
			stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
		});
		this.#child.stdio[4].setEncoding("utf8");
		this.#child.stdio[4].on("data", (text) => this.#read(text));
	}

	#read(text) {
		const messages = (this.#rest + text).split("\0");
		this.#rest = messages.pop();
		for (const message of messages.map((m) => JSON.parse(m))) {
			const { id, error, result } = message;
			if (id === undefined) {
				for (const listener of this.#listeners) listener(message);
				continue;
			}
			const { resolve, reject } = this.#waiting.get(id);
			this.#waiting.delete(id);
			if (error) reject(new Error(error.message));
			else resolve(result);
		}
	}

	send(method, params = {}, sessionId = undefined) {
		const id = this.#next++;
		this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
		return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
	}

	/** Opens @url; returns functions for the loaded page, and what its scripts complained about. */
	async open(url) {
		const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
		const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
		const send = (method, params) => this.send(method, params, sessionId);
		const errors = [];
		const loaded = new Promise((resolve) => {
			this.#listeners.push(({ method, params }) => {
				if (method === "Page.loadEventFired") resolve();
				if (method === "Runtime.exceptionThrown") errors.push(params.exceptionDetails.text);
				if (method === "Log.entryAdded" && params.entry.level === "error") errors.push(params.entry.text);
			});
		});
		for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
		await send("Page.navigate", { url });
		await loaded;
		return {
			errors,
			evaluate: async (expression) =>
				(await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true })).result.value,
			screenshot: async () => Buffer.from(
				(await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true })).data, "base64"),
		};
	}

	async close() {
		const gone = new Promise((resolve) => this.#child.on("exit", resolve));
		this.send("Browser.close").catch(() => {});
		await gone;
		rmSync(this.#profile, { recursive: true, force: true });
	}
}
