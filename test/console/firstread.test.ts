/** Each page whose first reads fail: it says so, offers to try again, and is whole after that. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page, Request } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { openDoor } from '../admin/door.ts'
import { makeWorld, sleep, type World } from '../world.ts'
import { buildConsole, inBrowser, openBrowser, type Session, signIn, visit } from './browser.ts'
import { type Place, placesOf } from './places.ts'
import { wordsIn } from './words.ts'

const say = wordsIn('en')

/** For a page to be whole, however busy the machine is. */
const PATIENCE_MS = 30_000

/** What the frame around every page reads: who is there, and a choice that is shown only where there is one. */
const NOT_OF_THE_PAGE = ['/session', '/vendors']

/** Its path; the number of a view is another each time. */
const readOf = (url: string) => new URL(url).pathname.replace('/admin/v1', '').replace(/(?<=^\/device-views\/)[^/]+/, '-')

const failure = (read: string) => ({
  status: 500,
  contentType: 'application/problem+json',
  body: JSON.stringify({
    ...{ type: '/docs/errors#internal', title: 'internal', status: 500, code: 'internal', params: {} },
    request_id: `(${read})`,
  }),
})

inBrowser('first reads that fail', () => {
  let browser: Browser
  let world: World
  let session: Session
  let places: Place[]
  let product: Awaited<ReturnType<World['product']>>

  before(async () => {
    await buildConsole()
    browser = await openBrowser()
    world = await makeWorld()
    product = await world.product({ config: demoConfig })
    const device = await world.device({ product })
    const { client } = await openDoor(world)
    const { application } = await client('POST /applications', { body: { name: 'ops', scope: '*' } })
    const rule = await client('POST /rules', {
      body: { name: 'r', product: product.id, on: { kind: 'status' }, then: [{ do: 'command', name: 'switch', params: [0] }] },
    })
    places = placesOf({ device: device.id, product: product.id, application: application.id, rule: rule.id }).filter(
      (p) => p.name !== 'sign-in',
    )
    await visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      session = await page.context().storageState()
    })
  })
  after(async () => {
    await browser?.close()
    await world?.close()
  })

  /** Every read fails until the page has said so; the stream tells nothing, so that all must be read. */
  async function failing(page: Page) {
    const healed = new Set<string>(NOT_OF_THE_PAGE)
    const failed = new Set<string>()
    const going = new Set<Request>()
    await page.routeWebSocket('**/admin/v1/stream', () => {})
    await page.route('**/admin/v1/**', async (route) => {
      const read = readOf(route.request().url())
      if (route.request().method() !== 'GET' || healed.has(read)) return route.continue()
      failed.add(read)
      await route.fulfill(failure(read))
    })
    page.on('request', (r) => void going.add(r))
    const over = (r: Request) => void going.delete(r)
    page.on('requestfinished', over).on('requestfailed', over)
    return {
      failed,
      healed,
      open: async (path: string) => {
        healed.clear()
        for (const read of NOT_OF_THE_PAGE) healed.add(read)
        going.clear()
        failed.clear()
        await page.goto(path)
      },
      rests: async () => {
        for (let still = 0; still < 3; still = going.size === 0 ? still + 1 : 0) await sleep(20)
      },
    }
  }

  // CONSOLE-10
  test('each page says of each read that failed that it did and by which request, and is whole when that was tried again', () =>
    visit(browser, world, { as: session }, async (page) => {
      const { failed, healed, open, rests } = await failing(page)
      const main = page.locator('main#main')
      const again = main.getByRole('button', { name: say('common', 'tryAgain') })
      const wrong = main
        .locator('.note[data-s=bad]')
        .filter({ has: page.getByRole('button', { name: say('common', 'tryAgain') }) })
      const silent: string[] = []
      const whole: string[] = []
      for (const { name, path } of places) {
        await open(path)
        // what a page reads because of what it has read may fail after all before is whole
        for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
          await main.locator(':is(h1, .empty, .note)').first().waitFor()
          await rests()
          if (failed.size === 0 && (await wrong.count()) > 0) continue
          if (failed.size === 0) {
            whole.push(name)
            break
          }
          await wrong
            .first()
            .waitFor({ timeout: 10_000 })
            .catch(() => {})
          const text = (await wrong.allInnerTexts()).join('\n')
          for (const read of failed) {
            if (!text.includes(`(${read})`)) silent.push(`${name} ${read}`)
            healed.add(read)
          }
          failed.clear()
          // at once: one that is gone meanwhile would be waited for
          await again.evaluateAll((all) => {
            for (const button of all as { click(): void }[]) button.click()
          })
        }
        await main.locator('h1').first().waitFor()
      }
      assert.deepEqual(silent, [])
      assert.deepEqual(
        whole,
        places.map((p) => p.name),
      )
    }))

  // CONSOLE-10
  test('a connection that is cut is told as what it is, and tried again', () =>
    visit(browser, world, { as: session }, async (page) => {
      let cut = true
      await page.route('**/admin/v1/products?**', (route) => (cut ? route.abort('connectionreset') : route.continue()))
      await page.goto('/rules/new')
      const wrong = page.locator('main#main .note[data-s=bad]').filter({ hasText: 'unreachable' })
      await wrong.waitFor()
      cut = false
      await wrong.getByRole('button', { name: say('common', 'tryAgain') }).click()
      await wrong.waitFor({ state: 'detached' })
      await page.getByRole('option', { name: product.name }).first().waitFor({ state: 'attached' })
    }))
})
