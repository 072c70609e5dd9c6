/** What the check of a rule finds, in the words of the console. */
import assert from 'node:assert/strict'
import { ruleFindingText } from '../../console/src/text/rulefindings.ts'
import { scenario } from '../world.ts'

scenario(
  'CONSOLE-9 what is wrong with a rule is told in Chinese where the page is',
  async (world) => {
    const product = await world.product()
    const { identifier: device } = await world.device({ product })
    const rule = (o: object) => ({ device, on: { kind: 'status' }, then: [{ do: 'status', values: { light: [1, 2] } }], ...o })
    const timer = (cron: string, more = {}) => rule({ on: { kind: 'timer', cron, ...more } })
    const does = (act: object) => rule({ then: [act] })
    /** what is wrong → such a rule */
    const wrong: Record<string, object> = {
      two_watched: rule({ product: product.id }),
      none_watched: rule({ device: undefined, then: [{ do: 'command', device, name: 'ping', params: [] }] }),
      timer_of_product: { ...timer('* * * * *'), device: undefined, product: product.id },
      no_application: does({ do: 'webhook', data: {} }),
      webhook_of_none: { ...timer('* * * * *'), device: undefined, then: [{ do: 'webhook', data: {} }] },
      no_target: { ...timer('* * * * *'), device: undefined },
      no_state: rule({ on: { kind: 'event', name: 'alarm' }, for: 1000 }),
      nothing_lasts: rule({ for: 1000 }),
      cron_fields: timer('* * *'),
      never_ticks: timer('0 0 31 2 *'),
      form: rule({ on: { kind: 'nothing' } }),
      device_unknown: rule({ device: '1-1-nobody' }),
      scope_denied: rule({ device: undefined, product: 999 }),
      name_unknown: rule({ on: { kind: 'event', name: 'nothing' } }),
      cel: rule({ when: 'nothing > 1' }),
      cron: timer('99 * * * *'),
      zone: timer('* * * * *', { zone: 'Nowhere/City' }),
      frame_invalid: does({ do: 'status', values: { light: [1] } }),
      action_invalid: does({ do: 'action', name: 'nothing', input: {} }),
    }
    for (const [what, definition] of Object.entries(wrong)) {
      const asked = { definition: JSON.stringify(definition), applicationId: 0 }
      const { errors } = await world.peers.controller.checkRule(asked)
      const found = errors.find((e) => (e.params['reason'] ?? e.code) === what || e.code === what)
      assert.ok(found, `${what}: ${JSON.stringify(errors)}`)
      assert.equal(ruleFindingText('en', found), found.message)
      assert.match(ruleFindingText('zh', found), /^\p{Script=Han}|^Cron /u, what)
    }
    const loop = { pointer: '/then', code: 'loop', message: 'it would', params: { through: [2, 3] } }
    assert.match(ruleFindingText('zh', loop), /2、3/)
  },
  { shapes: ['direct'] },
)
