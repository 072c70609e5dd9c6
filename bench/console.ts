/**
 * The console in Chromium on a whole cloud: size of what is loaded first, first useful paint on loopback and at Fast 3G, how soon the
 * page answers a hand (INP: from the press to the next frame), and the table of a large fleet: a search, frames while it scrolls.
 *
 *   node bench/console.ts [--devices 100000] [--rounds 5]
 *
 * Playwright's Chromium draws in software: frames a second are of this machine without a graphics card.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { demoConfig } from '#cli/device/product.ts'
import { buildConsole, openBrowser, signIn, visit } from '../test/console/browser.ts'
import { root } from '../test/world/root.ts'
import { makeWorld, type World } from '../test/world.ts'

const { values: o } = parseArgs({
  options: { devices: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' } },
})
const [devices, rounds] = [Number(o.devices), Number(o.rounds)]

const row = (what: string, figure: string, wanted: string): void =>
  console.log(`${what.padEnd(58)} ${figure.padStart(26)}   wanted ${wanted}`)
const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b)
const middle = (list: readonly number[]): number => sorted(list)[Math.floor((list.length - 1) / 2)] ?? Number.NaN
const told = (list: readonly number[]): string => `${middle(list).toFixed(0)} ms, worst ${Math.max(...list).toFixed(0)}`

await buildConsole()

/** What the page names itself: all that is loaded before anything can be seen. */
function sizes(): void {
  const dist = join(root, 'dist/console')
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((m) => m[1]!)
  const kb = (names: readonly string[]) =>
    names.reduce((n, name) => n + gzipSync(readFileSync(join(dist, name)), { level: 9 }).length, 0) / 1000
  const all = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`)
  const js = (name: string) => name.endsWith('.js')
  row('script of the first load, gzip', `${kb(first.filter(js)).toFixed(0)} KB`, '≤ 180 KB')
  row('style sheets, gzip', `${kb(all.filter((n) => n.endsWith('.css'))).toFixed(0)} KB`, '≤ 16 KB')
  row('all scripts, gzip', `${kb(all.filter(js)).toFixed(0)} KB`, '')
}

/** Chromium's own name for it: 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back, less what protocols take. */
const FAST_3G = { offline: false, latency: 562.5, downloadThroughput: 180_000, uploadThroughput: 84_375 }

/** From the navigation to the sign-in that can be typed into; nothing kept from before. */
async function paint(browser: Browser, world: World, slow: boolean): Promise<number> {
  let took = Number.NaN
  await visit(browser, world, {}, async (page) => {
    if (slow) {
      const cdp = await page.context().newCDPSession(page)
      await cdp.send('Network.emulateNetworkConditions', FAST_3G)
    }
    await page.goto('/', { waitUntil: 'commit' })
    await page.locator('input[name=password]').waitFor()
    took = await page.evaluate(() => performance.now())
  })
  return took
}

/** What the browser says of each press: until the next frame was shown. Kept in the page until it is read. */
const WATCH = `window.inp = [];
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (e.interactionId) window.inp.push([e.interactionId, e.duration]) })
  .observe({ type: 'event', durationThreshold: 16, buffered: true })`

/** The longest event of each interaction; those below 16 ms are not told by the browser and count as 16. */
async function interactions(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  await page.evaluate(WATCH)
  await act()
  await page.waitForTimeout(300)
  const seen = await page.evaluate<[number, number][]>('window.inp')
  const longest = new Map<number, number>()
  for (const [id, ms] of seen) longest.set(id, Math.max(longest.get(id) ?? 0, ms))
  return longest.size > 0 ? [...longest.values()] : [16]
}

async function hand(page: Page): Promise<void> {
  const inp: number[] = []
  const go = async (act: () => Promise<unknown>) => inp.push(...(await interactions(page, act)))
  for (const path of ['/devices', '/rules', '/packets', '/system']) {
    await page.goto('/')
    await page.locator('main#main h1').first().waitFor()
    await go(() => page.locator(`nav.side a[href="${path}"]`).click())
  }
  await page.goto('/devices')
  await page.locator('.fleet tbody tr').first().waitFor()
  await go(() => page.locator('.fleet .box').nth(3).click())
  await go(() => page.locator('.fleet .sorter').first().click())
  await go(() => page.keyboard.press('Control+k'))
  await go(() => page.keyboard.type('lamp', { delay: 60 }))
  row('INP: pages, row, sort, palette, typing', `${told(inp)} (${inp.length})`, '≤ 100 ms')
}

async function search(page: Page): Promise<void> {
  const took: number[] = []
  await page.goto('/devices')
  await page.locator('.fleet tbody tr').first().waitFor()
  for (let i = 0; i < rounds; i++) {
    const serial = `lamp-${Math.floor(((i + 1) * devices) / (rounds + 2))}`
    await page.locator('#filter').fill('')
    await page.waitForTimeout(600)
    // from the last key to the one row
    await page.evaluate(
      // not waited for yet
      `void (window.found = new Promise((done) => { const from = performance.now(); const look = () =>
        document.querySelectorAll('.fleet tbody tr[aria-rowindex]').length < 20 && document.querySelector('.fleet tbody')?.textContent.includes('${serial}')
          ? done(performance.now() - from) : requestAnimationFrame(look); document.querySelector('#filter').addEventListener('input', look, { once: true }) }))`,
    )
    await page.locator('#filter').fill(serial)
    took.push(await page.evaluate<number>('window.found'))
  }
  row(`search in ${devices} devices, 180 ms of calm included`, told(took), '≤ 200 ms and the calm')
}

const SCROLL_MS = 4000

async function scroll(page: Page, cdp: CDPSession): Promise<void> {
  await page.goto('/devices')
  await page.locator('.fleet tbody tr').first().waitFor()
  await cdp.send('HeapProfiler.collectGarbage')
  const frames = await page.evaluate<number[]>(
    `new Promise((done) => { const box = document.querySelector('.fleet'); const took = []; let last = performance.now(); const end = last + ${SCROLL_MS};
      const step = (now) => { took.push(now - last); last = now; box.scrollTop += 160; now < end ? requestAnimationFrame(step) : done(took.slice(2)) }; requestAnimationFrame(step) })`,
  )
  const fps = 1000 / (frames.reduce((n, ms) => n + ms, 0) / frames.length)
  const p99 = sorted(frames)[Math.floor(frames.length * 0.99)]!
  row(`scrolling ${devices} rows, 160 px a frame`, `${fps.toFixed(0)} fps, p99 ${p99.toFixed(0)} ms`, '≥ 55 fps')
}

sizes()
const browser = await openBrowser()
const world = await makeWorld({ shape: 'direct' })
try {
  const [near, slow]: [number[], number[]] = [[], []]
  for (let i = 0; i < rounds; i++) near.push(await paint(browser, world, false))
  for (let i = 0; i < Math.min(3, rounds); i++) slow.push(await paint(browser, world, true))
  row('first useful paint, loopback, nothing kept', told(near), '≤ 1000 ms')
  row('first useful paint, Fast 3G, nothing kept', told(slow), '≤ 2500 ms')
  const product = await world.product({ name: 'lamp', config: demoConfig })
  for (let at = 0; at < devices; at += 256) {
    const codes = Array.from({ length: Math.min(256, devices - at) }, (_, i) => `lamp-${at + i}`)
    await Promise.all(
      codes.map((code) => world.peers.registry.registerDevice({ productKey: product.key, code, version: '1.0.0' })),
    )
  }
  await visit(browser, world, {}, async (page) => {
    await signIn(page, world)
    const cdp = await page.context().newCDPSession(page)
    await search(page)
    await scroll(page, cdp)
    await hand(page)
  })
} finally {
  await browser.close()
  await world.close()
}
