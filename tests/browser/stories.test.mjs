// The product as a person sees it: programs, a program, a statement, its replay. Everything is found by role and name.
//
// It starts the real binary on a small demo company in a temporary folder. GTM_BINARY names the binary
// (target/debug/gtm), GTM_CHROMIUM the browser (/usr/bin/chromium). With GTM_BROWSER_SAMPLES=FOLDER the same stories run on
// the sample pages that `cargo run -p portal --example samples -- FOLDER` writes, served from here.
// After a failure the folder `failures` holds a screenshot and a trace of each failed story.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const samples = process.env.GTM_BROWSER_SAMPLES;
const policy = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
const wide = { width: 1280, height: 900 };
const narrow = { width: 360, height: 740 };

let product;
let browser;

before(async () => {
  await rm(path.join(here, "failures"), { recursive: true, force: true });
  product = samples ? await servedSamples(path.resolve(samples)) : await servedDemo();
  browser = await chromium.launch({
    executablePath: process.env.GTM_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
});

after(async () => {
  await browser?.close();
  await product?.stop();
});

story("a statement is three clicks away and says how it comes about", {}, async (page) => {
  await openStatement(page);
  await named(page, "heading", /^Statement /);
  await named(page, "table", "Steps of the arithmetic");
  await named(page, "table", "Transfers posted");
  await named(page, "table", "Lines of the journal");
  const sum = await page.locator(".sum .amount").innerText();
  const posted = page.getByRole("table", { name: "Transfers posted" }).getByRole("row").last().locator(".amount");
  assert.equal(await posted.innerText(), sum, "the transfers add up to the amount in large");
  const running = page.getByRole("table", { name: "Steps of the arithmetic" }).getByRole("row").locator("td:last-child .amount");
  assert.equal(await running.last().innerText(), sum, "the steps add up to the amount in large");
});

story("a replay puts its result into the page", {}, async (page) => {
  await openStatement(page);
  const address = page.url();
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("status").getByText("Identical.").waitFor();
  assert.equal(page.url(), address, "the page itself stays");
  await assertAccessible(page);
});

story("a replay answers with a whole page where script does not run", { javaScriptEnabled: false }, async (page) => {
  await openStatement(page);
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("status").getByText("Identical.").waitFor();
  assert.match(page.url(), /\/replay(#receipt)?$/);
  await named(page, "heading", /^Statement /);
});

story("a program shows the period and the participant that are asked for", { javaScriptEnabled: false }, async (page) => {
  await openProgram(page);
  const label = await page.getByLabel("Period", { exact: true }).inputValue();
  await page.getByRole("button", { name: "Show" }).click();
  assert.equal(new URL(page.url()).searchParams.get("period"), label);
  const account = (await participants(page).locator(".code").first().innerText()).trim();
  await page.getByLabel("Account number").fill(account);
  await page.getByRole("button", { name: "Find" }).click();
  assert.equal(new URL(page.url()).searchParams.get("account"), account);
  assert.equal((await participants(page).locator(".code").first().innerText()).trim(), account);
});

for (const viewport of [wide, narrow]) {
  for (const colorScheme of ["light", "dark"]) {
    story(`every page is accessible at ${viewport.width} pixels in ${colorScheme}`, { viewport, colorScheme }, async (page) => {
      await openPrograms(page);
      await assertAccessible(page);
      await openProgram(page);
      await assertAccessible(page);
      await openStatement(page);
      await assertAccessible(page);
      await openClaims(page);
      await assertAccessible(page);
      await page.getByRole("table", { name: "Claims" }).getByRole("rowheader").getByRole("link").first().click();
      await named(page, "table", /^Lines of /);
      await assertAccessible(page);
      await openForm(page);
      await assertAccessible(page);
      await page.goto(`${product.address}/programs/co-op/funds`);
      await named(page, "table", "Funds");
      await assertAccessible(page);
      await page.getByRole("table", { name: "Funds" }).locator("tbody").getByRole("link").first().click();
      await named(page, "table", "Movements between the budget and the fund");
      await assertAccessible(page);
      await page.goto(`${product.address}/approvals`);
      await named(page, "heading", "Approvals");
      await assertAccessible(page);
    });
  }
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with script" : "without script";
  // What looks into the page waits on timers, which stand still without script.
  const accessible = javaScriptEnabled ? assertAccessible : async () => {};
  story(`a claim is filed by the form ${how}, decided by somebody else and seen in its fund`, { javaScriptEnabled, samples: false }, async (page) => {
    await page.goto(`${product.address}/programs/co-op/funds`);
    const account = (await page.getByRole("table", { name: "Funds" }).locator("tbody .code").first().innerText()).trim();
    const before = await available(page, account);
    await openForm(page);
    const address = page.url();
    await fill(page, { "Participant": account, "Activity": "campaign", "Start": "2025-10-06", "End": "2025-10-24" });
    await page.getByLabel("Submitted on").fill("2025-11-20");
    await fill(page.getByRole("group", { name: "Line 1" }).first(), { "Claimed, EUR": "1,50", "Supplier": "Anders & Blom", "Invoice": `F-${how}`, "Cost": "300" });
    await page.getByLabel("Files").setInputFiles({ name: "invoice-7.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n") });
    await page.getByRole("button", { name: "Add a line" }).click();
    await page.getByRole("group", { name: "Line 2" }).first().waitFor();
    if (javaScriptEnabled) assert.equal(page.url(), address, "the page itself stays");
    await named(page, "table", "Attached files");
    assert.equal(await page.getByLabel("Activity").inputValue(), "campaign");
    await page.getByRole("button", { name: "Remove line 2" }).click();
    await page.getByRole("group", { name: "Line 2" }).first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Submit the claim" }).click();

    // A field that does not hold: a summary that leads to it, and everything else as it was.
    const summary = page.getByRole("alert");
    await summary.getByRole("link", { name: /^Line 1, Claimed/ }).click();
    await accessible(page);
    assert.equal(await page.getByLabel("Claimed, EUR").inputValue(), "1,50");
    await named(page, "table", "Attached files");
    await page.getByLabel("Claimed, EUR").fill("150");
    await page.getByRole("button", { name: "Submit the claim" }).click();
    await page.getByRole("status").getByText("is in review").waitFor();
    await page.getByText("so that somebody else decides").waitFor();
    await named(page, "link", "invoice-7.pdf");
    await accessible(page);

    const other = page.url().replace(product.address, product.controller);
    await page.goto(other);
    await page.getByLabel("Pay for line 1").fill("120");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel(/^Reason/).fill("the stand was shared");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("status").getByText("is adjusted").waitFor();
    await accessible(page);
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByRole("status").getByText("Identical.").waitFor();
    assert.equal(before - await available(page, account), 120);
  });
}

story("a button of the form that is refused leaves everything as it was", { samples: false, refused: ["400", "413", "503"] }, async (page) => {
  await openForm(page);
  const title = await page.title();
  await fill(page, { "Participant": "12347", "Activity": "campaign" });
  await page.getByLabel("Files").setInputFiles({ name: "invoice-7.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n") });
  const attach = page.getByRole("button", { name: "Attach" });
  const refused = async (said) => {
    await attach.click();
    await page.getByRole("alert").getByText(said).waitFor();
    assert.equal(await page.getByLabel("Participant").inputValue(), "12347");
    assert.equal(await page.getByLabel("Activity").inputValue(), "campaign");
    assert.match(await page.getByLabel("Files").inputValue(), /invoice-7\.pdf$/);
    assert.equal(await page.title(), title);
    await assertAccessible(page);
  };
  // What the product itself refuses, and what it would say of too many files and of a busy database.
  const vals = await attach.getAttribute("hx-vals");
  await attach.evaluate((button) => button.setAttribute("hx-vals", '{"do": "win"}'));
  await refused("the form has no button win");
  await attach.evaluate((button, vals) => button.setAttribute("hx-vals", vals), vals);
  const helps = await (await page.request.get(`${product.address}/statements/no-such-statement`)).text();
  for (const status of [413, 503]) {
    const body = helps.replaceAll("no-such-statement", `number-${status}`);
    await page.route("**/claims/new*", (route) => route.fulfill({ status, contentType: "text/html; charset=utf-8", body }), { times: 1 });
    await refused(`number-${status}`);
  }
  await attach.click();
  await named(page, "table", "Attached files");
  assert.equal(await page.getByRole("alert").count(), 0);
});

story("what does not exist is answered by a page that helps", {}, async (page) => {
  const answer = await page.goto(`${product.address}/statements/no-such-statement`);
  assert.equal(answer.status(), 404);
  await named(page, "heading", "What to do");
  await assertAccessible(page);
  await page.getByRole("link", { name: "All programs" }).click();
  await named(page, "heading", "Programs");
});

// Pages.

async function openPrograms(page) {
  await page.goto(`${product.address}/programs`);
  await named(page, "heading", "Programs");
}

/** A rebate that was run: its statements pay money and have a tier ahead. */
async function openProgram(page) {
  await openPrograms(page);
  await page.getByRole("table", { name: "Programs" }).getByRole("row").filter({ hasText: "Coffee by the kilo" })
    .getByRole("rowheader").getByRole("link").first().click();
  await page.getByRole("table", { name: /^Participants in / }).waitFor();
}

/** The claims of the fund. */
async function openClaims(page) {
  await openPrograms(page);
  await page.getByRole("table", { name: "Programs" }).getByRole("row").filter({ hasText: "co-op" }).getByRole("rowheader").getByRole("link").first().click();
  await page.getByRole("link", { name: "Claims" }).first().click();
  await named(page, "heading", /^Claims/);
}

async function openForm(page) {
  await openClaims(page);
  await page.getByRole("link", { name: "File a claim" }).click();
  await named(page, "heading", /^File a claim/);
}

/** What can be claimed from the fund of an account, in whole units. */
async function available(page, account) {
  await page.goto(`${product.address}/programs/co-op/funds/${account}`);
  return Number(await page.locator(".sum .amount").getAttribute("value"));
}

async function fill(within, texts) {
  for (const [label, text] of Object.entries(texts)) await within.getByLabel(label, { exact: false }).first().fill(text);
}

/** The first statement of that program that paid something. */
async function openStatement(page) {
  await openProgram(page);
  await participants(page).filter({ has: page.getByText("posted", { exact: true }) }).getByRole("link").first().click();
  await named(page, "heading", /^Statement /);
}

/** The rows of participants, without the head and the total. */
function participants(page) {
  return page.getByRole("table", { name: /^Participants in / }).locator("tbody").getByRole("row");
}

async function named(page, role, name) {
  await page.getByRole(role, { name, exact: typeof name === "string" }).first().waitFor();
}

/** Nothing that axe can see is wrong, and nothing is wider than the screen. */
async function assertAccessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  const wrong = found.violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  assert.deepEqual(wrong, [], page.url());
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= screen, `${page.url()} is ${content} pixels wide on a screen of ${screen}`);
}

// Harness.

/** One browser context for each story. What the browser complains about fails it: a refused script or style above all. Answers with one
 * of the statuses in `refused` are no reason to complain. */
function story(name, { samples: playsOnSamples = true, refused = ["404"], ...options }, play) {
  test(name, { skip: samples && !playsOnSamples && "needs the product itself", timeout: 180_000 }, async () => {
    const context = await browser.newContext({ viewport: wide, ...options });
    await context.tracing.start({ screenshots: true, snapshots: true });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const failures = path.join(here, "failures", name.replaceAll(/[^a-z0-9]+/gi, "-"));
    try {
      await play(page);
      const unexpected = complaints.filter((text) => !refused.some((status) => text.includes(status)));
      assert.deepEqual(unexpected, [], "the browser complained");
    } catch (error) {
      await mkdir(failures, { recursive: true });
      await page.screenshot({ path: path.join(failures, "page.png"), fullPage: true });
      await context.tracing.stop({ path: path.join(failures, "trace.zip") });
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** The real binary on a fresh demo company. */
async function servedDemo() {
  const binary = path.resolve(process.env.GTM_BINARY ?? path.join(here, "../../target/debug/gtm"));
  const folder = await mkdtemp(path.join(tmpdir(), "gtm-browser-"));
  try {
    await promisify(execFile)(binary, ["demo", "--small", "--dir", folder], {
      env: { ...process.env, GTM_DEMO_NO_SERVE: "1" },
      maxBuffer: 16 * 1024 * 1024,
    });
    const database = path.join(folder, "gtm.sqlite");
    // Who submits a claim does not decide it: two people, each served by a process of their own.
    const serve = (actor) => spawn(binary, ["serve", "--database", database, "--listen", "127.0.0.1:0", "--as", actor], { stdio: ["ignore", "pipe", "pipe"] });
    const servers = [serve("user:pia"), serve("user:controller")];
    const ended = servers.map((server) => new Promise((resolve) => server.once("exit", resolve)));
    const stop = async () => {
      for (const server of servers) server.kill("SIGTERM");
      await Promise.all(ended);
      await rm(folder, { recursive: true, force: true });
    };
    const [address, controller] = await Promise.all(servers.map(announcedAddress));
    return { address, controller, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Waits for the line that names the address, and says what the server said when it ends without one. */
function announcedAddress(server) {
  return new Promise((resolve, reject) => {
    const said = [];
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        said.push(line);
        const address = line.match(/http:\/\/127\.0\.0\.1:\d+/);
        if (address) resolve(address[0]);
      });
    }
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code} before it named its address:\n${said.join("\n")}`)));
  });
}

/** The sample pages under the addresses of the product, with the policy that the product sends. */
async function servedSamples(folder) {
  const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
  const server = createServer(async (request, response) => {
    const address = decodeURIComponent(new URL(request.url, "http://samples").pathname);
    let file = "refusal.html";
    if (address === "/programs") file = "programs.html";
    else if (address.endsWith("/claims")) file = "claims.html";
    else if (address.endsWith("/claims/new")) file = "filing.html";
    else if (address.endsWith("/funds")) file = "funds.html";
    else if (address.includes("/funds/")) file = "fund.html";
    else if (address.startsWith("/claims/")) file = "claim.html";
    else if (address === "/approvals") file = "approvals.html";
    else if (address.startsWith("/programs/")) file = "program.html";
    else if (address.endsWith("/replay")) file = request.headers["hx-request"] ? "replay.html" : "statement-replayed.html";
    else if (address.startsWith("/statements/0192")) file = "statement.html";
    else if (address.startsWith("/assets/")) file = path.normalize(address).slice(1);
    const status = file === "refusal.html" ? 404 : 200;
    try {
      const body = await readFile(path.join(folder, file));
      response.writeHead(status, { "content-type": types[path.extname(file)] ?? "text/plain", "content-security-policy": policy });
      response.end(body);
    } catch (error) {
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { address: `http://127.0.0.1:${server.address().port}`, stop };
}
