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
  scheme: 'light' | 'dark'
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
      const d = `/devices/${device.id}`
      const p = `/products/${product.id}`
      paths = [
        '/',
        '/welcome',
        '/devices',
        '/devices/connect',
        d,
        `${d}/history`,
        `${d}/commands`,
        `${d}/connection`,
        `${d}/packets`,
        `${d}/settings`,
      ]
      paths.push(
        '/products',
        p,
        `${p}/code`,
        `${p}/settings`,
        '/rules',
        '/rules/new',
        `/rules/${rule.id}`,
        `/rules/${rule.id}/runs`,
        `/rules/${rule.id}/versions`,
      )
      paths.push(
        '/applications',
        `/applications/${made.application.id}`,
        `/applications/${made.application.id}/settings`,
        '/packets',
        '/packets/quarantine',
      )
      paths.push(
        '/alerts',
        '/system',
        '/system/config',
        '/system/logs',
        '/system/backups',
        '/access',
        '/access/roles',
        '/access/tokens',
        '/access/audit',
        '/access/account',
      )
    })
    after(async () => {
      await browser?.close()
      await world?.close()
    })

    // as texts: these run in the page
    const violations = async (page: Page): Promise<Found[]> => {
      await page.evaluate(axe)
      return page.evaluate("axe.run({ resultTypes: ['violations'] }).then((r) => r.violations)")
    }

    // CONSOLE-2, CONSOLE-6
    test(`W3, S-14, W4 every page, ${form.lang} ${form.size} ${form.scheme}: nothing for axe to find, no script of the data runs, no secret is in it`, () =>
      visit(browser, world, form, async (page) => {
        await signIn(page, world)
        const wrong: string[] = []
        for (const path of paths) {
          await page.goto(path)
          await page.locator('main#main h1').first().waitFor()
          await page.waitForSelector('main .bones', { state: 'detached' })
          for (const v of await violations(page))
            wrong.push(`${path} ${v.id}: ${v.nodes[0]?.html.slice(0, 160)} ${v.nodes[0]?.failureSummary?.slice(0, 200)}`)
          const kept = await page.evaluate<string>(KEPT)
          for (const secret of canaries) assert.ok(!kept.includes(secret), `${path} holds a secret`)
          assert.equal(await page.evaluate('window.ran'), undefined, path)
        }
        assert.deepEqual(wrong, [])
      }))
  })
