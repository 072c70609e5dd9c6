/** How somebody uses a page: with a pointer, or with the keyboard alone. */
import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import { until } from '../world.ts'

export interface Hand {
  press(on: Locator): Promise<void>
  write(into: Locator, text: string): Promise<void>
  /** an option of a list, by its value */
  choose(of: Locator, value: string): Promise<void>
}

export const pointer: Hand = {
  press: (on) => on.click(),
  write: (into, text) => into.fill(text),
  async choose(of, value) {
    await of.selectOption(value)
  },
}

/** More stops than a page has. */
const STOPS = 600

export function keyboard(page: Page): Hand {
  /** Tab, or Shift Tab where it lies before, until it is there: what can't be reached that way fails. */
  const reach = async (what: Locator): Promise<void> => {
    await what.waitFor()
    await until('way to use it', () => what.isEnabled(), 30_000)
    for (let i = 0; i < STOPS; i++) {
      const way = await what.evaluate((el) => {
        const at = el.ownerDocument.activeElement
        if (el === at) return 'here'
        // the body itself has the focus at first: what follows is reached forwards
        const before = at && at !== el.ownerDocument.body && at.compareDocumentPosition(el) & 2
        return before ? 'Shift+Tab' : 'Tab'
      })
      if (way === 'here') return
      await page.keyboard.press(way)
    }
    assert.fail(`no Tab leads to ${String(what)}`)
  }
  return {
    async press(on) {
      await reach(on)
      const box = await on.evaluate((el) => el.matches('input[type=checkbox]'))
      await page.keyboard.press(box ? 'Space' : 'Enter')
    },
    async write(into, text) {
      await reach(into)
      await page.keyboard.press('ControlOrMeta+a')
      if (text === '') await page.keyboard.press('Delete')
      else await page.keyboard.insertText(text)
    },
    async choose(of, value) {
      await reach(of)
      const [from, to] = await of.evaluate((el, v) => {
        const options = [...el.querySelectorAll('option')]
        return [options.findIndex((o) => o.selected), options.findIndex((o) => o.value === v)]
      }, value)
      assert.ok(to >= 0, `${String(of)} has no ${value}`)
      for (let i = from; i !== to; i += Math.sign(to - from)) await page.keyboard.press(to > from ? 'ArrowDown' : 'ArrowUp')
    },
  }
}
