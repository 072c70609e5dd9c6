/** Every page, in both languages, lights and sizes: usable by everybody, harmless whatever its data are, without a secret in it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { openDoor, PASSWORD } from '../admin/door.ts'
import { answers } from '../support/hookreceiver.ts'
import { type Device, makeWorld, type World } from '../world.ts'
import { buildConsole, inBrowser, type Lang, openBrowser, type Size, signIn, visit } from './browser.ts'
import { placesOf } from './places.ts'
import { untranslated } from './untranslated.ts'

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
    let named: (string | RegExp)[]

    before(async () => {
      await buildConsole()
      browser = await openBrowser()
      world = await makeWorld()
      const product = await world.product({ name: XSS, config: demoConfig })
      device = await world.device({ product, code: XSS })
      // nobody pings for it
      await device.connect({ keepAlive: 0 })
      await device.status({ light: [1, 40], climate: [21.5, 40] })
      await device.publish('s', Buffer.from(device.statusFrame({ light: [1, 40] })).subarray(0, 33))
      const { client } = await openDoor(world)
      await client('PATCH /devices/{id}', { params: { id: device.id }, body: { name: XSS, description: XSS, tags: [XSS] } })
      const made = await client('POST /applications', { body: { name: XSS, description: XSS, scope: '*', url: world.hooks.url } })
      const rule = await client('POST /rules', {
        body: { name: XSS, product: product.id, on: { kind: 'status' }, then: [{ do: 'command', name: 'switch', params: [0] }] },
      })
      await client('POST /saved-views', { body: { name: XSS, filter: 'state:online' } })
      world.hooks.manner = answers(503)
      await device.status({ light: [1, 60] })
      await device.expectCommand()
      const other = await world.connected({ product, code: 'other' })
      await other.drop()
      await world.device({ product, code: 'unseen' })
      canaries = [PASSWORD, device.secret, device.token, made.key, made.signing_secret]
      paths = placesOf({ device: device.id, product: product.id, rule: rule.id, application: made.application.id }).map(
        (p) => p.path,
      )
      paths.push(`/devices/${other.id}/connection`, `/devices/connect?product=${product.id}&tool=mosquitto&serial=unseen`)
      const ofModel = /\b(light|climate|switch|dim|motion|alarm|onoff|level|temperature|humidity)\b/
      const ofPeople = /\b(test|system|device\.add|person 1|rule\/\d+|(\d+-\d+-)?(unseen|other))\b/
      named = [XSS, ofModel, ofPeople, world.hooks.url, /Mozilla.*Safari\/[\d.]+/]
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

    // CONSOLE-2, CONSOLE-6, CONSOLE-11
    test(`W3, S-14, W4 every page, ${form.lang} ${form.size}: nothing for axe to find (${form.lights.join(', ')}), no script of the data runs, no secret is in it, no word of the other language`, () =>
      visit(browser, world, form, async (page) => {
        await page.goto('/')
        await page.locator('input[name=password]').waitFor()
        const wrong = [...(await violations(page)), ...(await untranslated(page, form.lang, []))]
        await signIn(page, world)
        for (const path of paths) {
          await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
          await page.locator('main#main h1').first().waitFor()
          await page.waitForSelector('main .bones', { state: 'detached' })
          wrong.push(...(await violations(page)), ...(await untranslated(page, form.lang, named)))
          const kept = await page.evaluate<string>(KEPT)
          for (const secret of canaries) assert.ok(!kept.includes(secret), `${path} holds a secret`)
          assert.equal(await page.evaluate('window.ran'), undefined, path)
        }
        assert.deepEqual(wrong, [])
      }))
  })
