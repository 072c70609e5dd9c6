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

/** What a Tab may stop at. What is hidden or of a group is counted or not as it comes: whoever went too far goes back. */
const STOPPING = 'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex]'

/** Which key leads to it, and how often it seems to be pressed; 0: it has the focus. */
const wayTo = (what: Locator): Promise<{ key: string; times: number }> =>
  what.evaluate((el, stopping) => {
    const at = el.ownerDocument.activeElement
    if (el === at) return { key: '', times: 0 }
    const all = [...el.ownerDocument.querySelectorAll(stopping)]
    const stops = all.filter((e) => e === at || e === el || (e.tabIndex >= 0 && e.checkVisibility()))
    // the body itself has the focus at first: what follows is reached forwards
    const key = at && at !== el.ownerDocument.body && at.compareDocumentPosition(el) & 2 ? 'Shift+Tab' : 'Tab'
    return { key, times: Math.max(1, Math.abs(stops.indexOf(el) - stops.indexOf(at))) }
  }, STOPPING)

export function keyboard(page: Page): Hand {
  /** Tab, or Shift Tab where it lies before, until it is there: what can't be reached that way fails. */
  const reach = async (what: Locator): Promise<void> => {
    await what.waitFor()
    await until('way to use it', () => what.isEnabled(), 30_000)
    for (let pressed = 0; pressed < STOPS; ) {
      const { key, times } = await wayTo(what)
      if (times === 0) return
      for (let i = 0; i < times; i++) await page.keyboard.press(key)
      pressed += times
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
