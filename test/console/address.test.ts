/** What was chosen on a page stands in its address: it is still chosen after a reload and on the way back. */
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
  test('deliveries by their state, packets live or past: kept over a reload and the way back', async () => {
    const device = await world.device()
    const { client } = await openDoor(world)
    const { application } = await client('POST /applications', { body: { name: 'ops', scope: '*' } })
    await visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      const chosen: [path: string, choice: string][] = [
        [`/applications/${application.id}`, say('apps', 'which.dead')],
        [`/devices/${device.id}/packets`, say('packets', 'tabs.past')],
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
})
