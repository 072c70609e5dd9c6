/** What a page shows when nothing is there, when it may not be seen, and when it is not live. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { openDoor, PASSWORD } from '../admin/door.ts'
import { makeWorld, until, type World } from '../world.ts'
import { buildConsole, inBrowser, type Lang, openBrowser, type Session, type Size, signIn, visit } from './browser.ts'
import { type Place, placesOf } from './places.ts'
import { wordsIn } from './words.ts'

interface Form {
  lang: Lang
  size: Size
  /** also each tab of a page */
  tabs: boolean
}

export const everyState = (form: Form): void =>
  inBrowser('states', () => {
    const say = wordsIn(form.lang)
    let browser: Browser
    let world: World
    let session: Session
    let viewer: Session
    let places: Place[]

    before(async () => {
      await buildConsole()
      browser = await openBrowser()
      world = await makeWorld()
      const product = await world.product({ config: demoConfig })
      const device = await world.device({ product })
      const { client } = await openDoor(world)
      const { application } = await client('POST /applications', { body: { name: 'ops', scope: '*' } })
      const rule = await client('POST /rules', {
        body: { name: 'r', product: product.id, on: { kind: 'status' }, then: [{ do: 'command', name: 'switch', params: [0] }] },
      })
      const ids = { device: device.id, product: product.id, application: application.id, rule: rule.id }
      places = placesOf(ids).filter((p) => form.tabs || !p.name.includes('.'))
      await client('POST /users', { body: { name: 'guest', password: PASSWORD, role: 'Viewer', scope: `product/${product.id}` } })
      await visit(browser, world, form, async (page) => {
        await signIn(page, world)
        session = await page.context().storageState()
      })
      await visit(browser, world, form, async (page) => {
        await signIn(page, world, 'guest', `${PASSWORD} of the guest`)
        viewer = await page.context().storageState()
      })
    })
    after(async () => {
      await browser?.close()
      await world?.close()
    })

    // CONSOLE-10
    test('who may see a part only is told so where that ends, and is nowhere shown a failure for it', () =>
      visit(browser, world, { ...form, as: viewer }, async (page) => {
        const refused: string[] = []
        for (const { path } of places) {
          await page.goto(path)
          await page.locator('main#main :is(h1, .empty)').first().waitFor()
          await page.waitForSelector('main .bones', { state: 'detached' })
          assert.equal(await page.locator('main#main .note[data-s=bad]').count(), 0, path)
          const denied = page.getByText(say('common', 'noPermission'))
          if ((await denied.count()) > 0) refused.push(path)
        }
        for (const path of ['/system', '/alerts', '/rules/new']) assert.ok(refused.includes(path), `${path} of ${refused}`)
        await page.goto('/')
        for (const place of ['system', 'alerts'])
          assert.equal(await page.getByRole('link', { name: say('shell', place), exact: true }).count(), 0)
      }))

    // CONSOLE-10
    test('what is not there says so; a connection that breaks is said, what is typed stays, and it comes back by itself', () =>
      visit(browser, world, { ...form, as: session }, async (page) => {
        for (const path of ['/devices/999999', '/products/999999', '/rules/999999', '/applications/999999', '/devices/1/2/3']) {
          await page.goto(path)
          await page.getByText(say('common', 'notFound')).first().waitFor()
        }
        let broken = false
        const lines: { close: () => void }[] = []
        await page.routeWebSocket('**/admin/v1/stream', (ws) => {
          if (broken) return void ws.close()
          lines.push(ws)
          ws.connectToServer()
        })
        await page.goto('/devices')
        await page.locator('.live[data-at=live]').waitFor({ state: 'attached' })
        await page.locator('#filter').fill('typed-before')
        broken = true
        for (const ws of lines) ws.close()
        await page.locator('.lost .note').waitFor()
        broken = false
        await until('live again', () => page.locator('.live[data-at=live]').count().then(Boolean), 30_000)
        await page.locator('.lost .note').waitFor({ state: 'detached' })
        assert.equal(await page.locator('#filter').inputValue(), 'typed-before')
      }))
  })
