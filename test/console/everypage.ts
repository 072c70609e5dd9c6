/** Every page, in both languages, lights and sizes: usable by everybody, harmless whatever its data are, without a secret in it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { openDoor, PASSWORD } from '../admin/door.ts'
import { type Device, makeWorld, type World } from '../world.ts'
import { buildConsole, inBrowser, type Lang, openBrowser, type Size, signIn, visit } from './browser.ts'

const XSS = `"'><img src=x onerror="window.ran=1"><b>bold</b>`
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** All that a page holds where somebody could find it. */
const KEPT =
  "[document.documentElement.outerHTML, JSON.stringify({ ...localStorage, ...sessionStorage }), location.href].join('\\n')"

export interface Form {
  lang: Lang
  size: Size
  /** in which axe looks */
  lights: readonly ('light' | 'dark')[]
}

interface Found {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

export const everyPage = (form: Form): void =>
  inBrowser('pages', () => {
    let browser: Browser
    let world: World
    let device: Device
    let canaries: string[]
    let paths: string[]

    before(async () => {
      await buildConsole()
      browser = await openBrowser()
      world = await makeWorld()
      const product = await world.product({ name: XSS, config: demoConfig })
      device = await world.connected({ product, code: XSS })
      await device.status({ light: [1, 40], climate: [21.5, 40] })
      await device.publish('s', Buffer.from(device.statusFrame({ light: [1, 40] })).subarray(0, 33))
      const { client } = await openDoor(world)
      await client('PATCH /devices/{id}', { params: { id: device.id }, body: { name: XSS, description: XSS, tags: [XSS] } })
      const made = await client('POST /applications', { body: { name: XSS, description: XSS, scope: '*', url: '' } })
      const rule = await client('POST /rules', {
        body: { name: XSS, product: product.id, on: { kind: 'status' }, then: [{ do: 'command', name: 'switch', params: [0] }] },
      })
      await client('POST /saved-views', { body: { name: XSS, filter: 'state:online' } })
      canaries = [PASSWORD, device.secret, device.token, made.key, made.signing_secret]
      const tabs = (base: string, ...of: string[]) => [base, ...of.map((tab) => `${base}/${tab}`)]
      paths = [
        '/',
        '/welcome',
        '/devices',
        '/devices/connect',
        ...tabs(`/devices/${device.id}`, 'history', 'commands', 'connection', 'packets', 'settings'),
        ...tabs('/products', `${product.id}`, `${product.id}/code`, `${product.id}/settings`),
        ...tabs('/rules', 'new', `${rule.id}`, `${rule.id}/runs`, `${rule.id}/versions`),
        ...tabs('/applications', `${made.application.id}`, `${made.application.id}/settings`),
        ...tabs('/packets', 'past', 'quarantine'),
        '/alerts',
        ...tabs('/system', 'config', 'logs', 'backups'),
        ...tabs('/access', 'roles', 'tokens', 'audit', 'account'),
      ]
    })
    after(async () => {
      await browser?.close()
      await world?.close()
    })

    /** In each light; what runs in the page is a text. */
    const violations = async (page: Page): Promise<string[]> => {
      await page.evaluate(axe)
      const found: string[] = []
      for (const colorScheme of form.lights) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        const seen = await page.evaluate<Found[]>("axe.run({ resultTypes: ['violations'] }).then((r) => r.violations)")
        for (const v of seen)
          found.push(
            `${page.url()} ${colorScheme} ${v.id}: ${v.nodes[0]?.html.slice(0, 160)} ${v.nodes[0]?.failureSummary?.slice(0, 200)}`,
          )
      }
      return found
    }

    // CONSOLE-2, CONSOLE-6
    test(`W3, S-14, W4 every page, ${form.lang} ${form.size}: nothing for axe to find (${form.lights.join(', ')}), no script of the data runs, no secret is in it`, () =>
      visit(browser, world, form, async (page) => {
        await page.goto('/')
        await page.locator('input[name=password]').waitFor()
        const wrong = await violations(page)
        await signIn(page, world)
        for (const path of paths) {
          await page.goto(path)
          await page.locator('main#main h1').first().waitFor()
          await page.waitForSelector('main .bones', { state: 'detached' })
          wrong.push(...(await violations(page)))
          const kept = await page.evaluate<string>(KEPT)
          for (const secret of canaries) assert.ok(!kept.includes(secret), `${path} holds a secret`)
          assert.equal(await page.evaluate('window.ran'), undefined, path)
        }
        assert.deepEqual(wrong, [])
      }))
  })
