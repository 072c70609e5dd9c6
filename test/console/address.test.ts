/** What was chosen on a page stands in its address: it is still chosen after a reload and on the way back. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openDoor } from '../admin/door.ts'
import { makeWorld, type World } from '../world.ts'
import { buildConsole, inBrowser, openBrowser, signIn, visit } from './browser.ts'
import { wordsIn } from './words.ts'

const say = wordsIn('en')

inBrowser('what was chosen', () => {
  let browser: Browser
  let world: World

  before(async () => {
    await buildConsole()
    browser = await openBrowser()
    world = await makeWorld()
  })
  after(async () => {
    await browser?.close()
    await world?.close()
  })

  // CONSOLE-13
  test('what is looked at, of which kind, of which time and in which language: kept over a reload and the way back', async () => {
    const product = await world.product()
    const device = await world.device({ product })
    const { client } = await openDoor(world)
    const { application } = await client('POST /applications', { body: { name: 'ops', scope: '*' } })
    await visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      // of a cloud that is older than this one
      const t = Array.from({ length: 720 }, (_, i) => Date.now() - (720 - i) * 120_000)
      const figures = { name: 'online', step: 120_000, t, v: t.map(() => 7), min: [], max: [], marks: [] }
      await page.route('**/admin/v1/series?*', (route) => route.fulfill({ json: figures }))
      const chosen: [path: string, choice: string][] = [
        [`/applications/${application.id}`, say('apps', 'which.dead')],
        [`/devices/${device.id}/packets`, say('packets', 'tabs.past')],
        ['/', say('overview', 'last.6')],
        ['/packets', say('packets', 'allKinds')],
        [`/devices/${device.id}/connection`, say('device', 'kindsOf.logins')],
        [`/products/${product.id}/code`, 'C'],
        ['/devices/connect', say('connect', 'tools.python')],
      ]
      for (const [path, choice] of chosen) {
        const pressed = page.locator('main#main .seg button[aria-pressed=true]').getByText(choice, { exact: true })
        await page.goto(path)
        await page.locator('main#main .seg button').getByText(choice, { exact: true }).click()
        await pressed.waitFor()
        await page.reload()
        await pressed.waitFor()
        await page.locator('a[href="/products"]').first().click()
        await pressed.waitFor({ state: 'detached' })
        await page.goBack()
        await pressed.waitFor()
      }
    })
  })

  // CONSOLE-13
  test('lines to paste are open in their language after a reload; closed they leave the address', async () => {
    const device = await world.device()
    await visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      await page.goto('/products')
      await page.goto(`/devices/${device.id}`)
      await page.getByRole('button', { name: say('device', 'useInCode') }).click()
      const dialog = page.locator('dialog[open]')
      await dialog.getByRole('button', { name: 'Python', exact: true }).click()
      await dialog.locator('pre').first().getByText('import os').waitFor()
      await page.reload()
      await dialog.locator('pre').first().getByText('import os').waitFor()
      await dialog.getByRole('button', { name: say('common', 'close') }).click()
      await dialog.waitFor({ state: 'detached' })
      assert.equal(new URL(page.url()).search, '')
      await page.goBack()
      await page.waitForURL('**/products')
    })
  })
})
